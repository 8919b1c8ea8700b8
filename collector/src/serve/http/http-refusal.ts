import { type RequestHead, refusalOf as refusedHead, type Trusted } from '@weir/store'
import { type Reason, Refusal } from '../../refusal.ts'

/** A refusal that only HTTP knows, or that needs a status or headers of its own. */
export class HttpRefusal extends Refusal {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    statusCode: number,
    reason: Reason,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(reason, message)
    this.statusCode = statusCode
    this.headers = headers
  }
}

/** opentelemetry.io/docs/specs/otlp/#failures: senders repeat 429 and 503 only. */
const STATUS_CODES: Readonly<Record<Reason, number>> = {
  backpressure: 503,
  cut_off: 400,
  host: 421,
  internal: 500,
  method: 405,
  not_found: 404,
  origin: 403,
  protocol: 400,
  rate_limited: 429,
  timeout: 408,
  too_large: 413,
  unauthenticated: 401,
  undecodable: 400,
  unsupported: 415,
}

export function statusCodeOf(refusal: Refusal): number {
  return refusal instanceof HttpRefusal ? refusal.statusCode : STATUS_CODES[refusal.reason]
}

export function headersOf(refusal: Refusal): Readonly<Record<string, string>> {
  if (refusal instanceof HttpRefusal) return refusal.headers
  if (refusal.retryAfter !== undefined) return { 'retry-after': String(refusal.retryAfter) }
  return refusal.reason === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}
}

/** A google.rpc.Code, github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
export function rpcCodeOf(refusal: Refusal): number {
  return RPC_CODES[statusCodeOf(refusal)] ?? INVALID_ARGUMENT
}

const INVALID_ARGUMENT = 3
const RPC_CODES: Readonly<Record<number, number>> = {
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

/** @param allowed methods, as the header `allow` lists them */
export function methodNotAllowed(method: string | undefined, path: string, allowed: string): HttpRefusal {
  const message = `${method} ${path} is not supported, expected ${allowed}`
  return new HttpRefusal(405, 'method', message, { allow: allowed })
}

/** Why a request is not answered because of its Host or Origin; undefined if it is. */
export function strangerRefusal(request: RequestHead, trusted: Trusted): HttpRefusal | undefined {
  const refused = refusedHead(request, trusted)
  if (refused === undefined) return undefined
  const { statusCode, reason, message } = refused
  return new HttpRefusal(statusCode, reason, message, reason === 'origin' ? { vary: 'Origin' } : {})
}
