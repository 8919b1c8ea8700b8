import { WeirError } from '@weir/config'
import { DecodeError, OversizeError } from '@weir/dialects'

/** Why a request is refused; a label of metrics. HTTP and gRPC each map it to a status of theirs. */
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

/** The collector does not take a request; the message is for its sender. */
export class Refusal extends WeirError {
  override readonly code = 'REFUSED'
  readonly reason: Reason
  /** Seconds after which the sender should try again, a whole number; undefined: it should not send the same request again. */
  readonly retryAfter: number | undefined

  constructor(
    reason: Reason,
    message: string,
    { retryAfter, ...options }: ErrorOptions & { readonly retryAfter?: number } = {},
  ) {
    super(message, options)
    this.reason = reason
    this.retryAfter = retryAfter
  }
}

/** The collector cannot take spans now: senders keep them and try again. */
export function backpressure(message: string, options: ErrorOptions = {}): Refusal {
  return new Refusal('backpressure', message, { ...options, retryAfter: 1 })
}

/** What the sender is told about whatever went wrong. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof DecodeError) return new Refusal('undecodable', error.message)
  if (error instanceof OversizeError) return new Refusal('too_large', error.message)
  return new Refusal('internal', 'the request failed because of a fault in the collector, see its log')
}
