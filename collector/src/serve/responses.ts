import { WireWriter } from '@weir/dialects'
import type { Encoding } from '../ingest/encoding.ts'

/** For the log. */
export const IGNORED = 'request ignored: Weir keeps traces only'

/** What a full success says: `partial_success` is unset. */
const FULL_SUCCESS: Readonly<Record<Encoding, Buffer>> = {
  protobuf: Buffer.alloc(0),
  json: Buffer.from('{}'),
}

/**
 * An ExportMetricsServiceResponse or ExportLogsServiceResponse, for what Weir does not keep: received, do not send it
 * again. A collector whose pipeline drops a signal answers the same. A partial success could say so in words, but
 * exporters print one each time they send: Go's on stderr, JavaScript's as a warning where diagnostics are on, as with
 * `auto-instrumentations-node`. Python's and Java's do not read it. So those who want to know ask our metrics and docs.
 */
export function ignoredResponse(encoding: Encoding): Buffer {
  return FULL_SUCCESS[encoding]
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
