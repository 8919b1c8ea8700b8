import { WireWriter } from '../decode/wire-writer.ts'
import type { Encoding } from './encoding.ts'
import type { RpcCode } from './http-error.ts'

/** An ExportTraceServiceResponse; `partial_success` is unset where every span was taken. */
export function exportResponse(encoding: Encoding, rejected: number, message: string): Buffer {
  if (encoding === 'json') {
    const partialSuccess = { rejectedSpans: String(rejected), errorMessage: message }
    return Buffer.from(JSON.stringify(rejected > 0 ? { partialSuccess } : {}))
  }
  const writer = new WireWriter()
  if (rejected > 0) {
    const mark = writer.open(1)
    writer.varint(1, rejected)
    writer.text(2, message)
    writer.close(mark)
  }
  return Buffer.from(writer.finish())
}

/** A google.rpc.Status. */
export function statusResponse(encoding: Encoding, code: RpcCode, message: string): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }))
  const writer = new WireWriter()
  writer.varint(1, code)
  writer.text(2, message)
  return Buffer.from(writer.finish())
}
