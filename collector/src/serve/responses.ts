import { WireWriter } from '@weir/dialects'
import type { Encoding } from '../ingest/encoding.ts'

/** What a full success says: `partial_success` is unset. */
const FULL_SUCCESS: Readonly<Record<Encoding, Buffer>> = {
  protobuf: Buffer.alloc(0),
  json: Buffer.from('{}'),
}

/** An ExportTraceServiceResponse. */
export function exportResponse(encoding: Encoding, rejected: number, message: string): Buffer {
  if (rejected === 0) return FULL_SUCCESS[encoding]
  if (encoding === 'json') {
    const partialSuccess = { rejectedSpans: String(rejected), errorMessage: message }
    return Buffer.from(JSON.stringify({ partialSuccess }))
  }
  const writer = new WireWriter()
  const mark = writer.open(1)
  writer.varint(1, rejected)
  writer.text(2, message)
  writer.close(mark)
  return Buffer.from(writer.finish())
}

/** A google.rpc.Status. */
export function statusResponse(encoding: Encoding, code: number, message: string): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }))
  const writer = new WireWriter()
  writer.varint(1, code)
  writer.text(2, message)
  return Buffer.from(writer.finish())
}
