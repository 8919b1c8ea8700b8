/** Codes of google.rpc.Code. */
export type RpcCode = 3 | 5 | 8 | 12 | 13 | 14

/** A request that is answered with an error status; the message is for the sender. */
export class HttpError extends Error {
  readonly code = 'WEIR_HTTP'
  override readonly name = 'HttpError'
  readonly statusCode: number
  readonly rpcCode: RpcCode
  readonly headers: Readonly<Record<string, string>>

  constructor(statusCode: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.statusCode = statusCode
    this.rpcCode = rpcCodeOf(statusCode)
    this.headers = headers
  }
}

/** Retryable as OTLP says: the sender keeps the spans and comes again. */
export function unavailable(message: string): HttpError {
  return new HttpError(503, message, { 'retry-after': '1' })
}

/** google.rpc.Code for an HTTP status, github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
export function rpcCodeOf(statusCode: number): RpcCode {
  if (statusCode === 404) return 5
  if (statusCode === 405) return 12
  if (statusCode === 413 || statusCode === 429) return 8
  if (statusCode === 503) return 14
  return statusCode >= 500 ? 13 : 3
}
