import { WeirError } from '@weir/config'
import { DecodeError, OversizeError } from '@weir/dialects'
import { type RequestHead, refusalOf, type Trusted } from '@weir/store'
import { RateLimitError } from '../auth/rate-limit.ts'
import { UnauthenticatedError } from '../auth/unauthenticated-error.ts'
import { BackpressureError } from '../wal/backpressure-error.ts'

/** Codes of google.rpc.Code. */
export type RpcCode = 3 | 4 | 5 | 7 | 8 | 12 | 13 | 14 | 16

/** Why a request was not answered with success; a label of metrics. */
export type Reason =
  | 'backpressure'
  | 'cut_off'
  | 'host'
  | 'internal'
  | 'method'
  | 'not_found'
  | 'origin'
  | 'protocol'
  | 'rate_limited'
  | 'timeout'
  | 'too_large'
  | 'unauthenticated'
  | 'undecodable'
  | 'unsupported'

/** A request that is answered with an error status; the message is for the sender. */
export class HttpError extends WeirError {
  override readonly code = 'HTTP'
  readonly statusCode: number
  readonly reason: Reason
  readonly headers: Readonly<Record<string, string>>

  constructor(
    statusCode: number,
    reason: Reason,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.statusCode = statusCode
    this.reason = reason
    this.headers = headers
  }

  get rpcCode(): RpcCode {
    return RPC_CODES[this.statusCode] ?? 3
  }
}

/** github.com/googleapis/googleapis/blob/master/google/rpc/code.proto; all others are INVALID_ARGUMENT. */
const RPC_CODES: Readonly<Record<number, RpcCode>> = {
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 8,
  421: 7,
  429: 8,
  500: 13,
  501: 12,
  503: 14,
}

/** Retryable as OTLP says: the sender keeps the spans and comes again. */
export function unavailable(message: string): HttpError {
  return new HttpError(503, 'backpressure', message, { 'retry-after': '1' })
}

/** @param allowed methods, as the header `allow` lists them */
export function methodNotAllowed(method: string | undefined, path: string, allowed: string): HttpError {
  const message = `${method} ${path} is not supported, expected ${allowed}`
  return new HttpError(405, 'method', message, { allow: allowed })
}

/** Why a request is not answered for its Host and Origin; undefined for one that is. */
export function strangerError(request: RequestHead, trusted: Trusted): HttpError | undefined {
  const refusal = refusalOf(request, trusted)
  if (refusal === undefined) return undefined
  const { statusCode, reason, message } = refusal
  return new HttpError(statusCode, reason, message, reason === 'origin' ? { vary: 'Origin' } : {})
}

/** What the sender is told about whatever went wrong. */
export function httpErrorOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof DecodeError) return new HttpError(400, 'undecodable', error.message)
  if (error instanceof OversizeError) return new HttpError(413, 'too_large', error.message)
  if (error instanceof UnauthenticatedError) {
    return new HttpError(401, 'unauthenticated', error.message, { 'www-authenticate': 'Bearer' })
  }
  if (error instanceof RateLimitError) {
    return new HttpError(429, 'rate_limited', error.message, { 'retry-after': String(error.retryAfter) })
  }
  if (error instanceof BackpressureError) return unavailable(error.message)
  return new HttpError(500, 'internal', 'the request failed for a reason of the collector, see its log')
}
