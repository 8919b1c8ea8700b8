import { type Duration, toMilliseconds } from '../duration.ts'
import { checkKnown, expected, UsageError } from '../errors.ts'
import type { ExperimentTrial } from './run-state.ts'

export interface RunOptions {
  /** Identity of the run, for one that goes on in another process or to score it later. Default: a new one. */
  readonly id?: string | undefined
  /** With a store: the same key again is the same run of the flow, and gives what that one gives. Not with an `id`. */
  readonly idempotencyKey?: string | undefined
  /** The conversation or visit that the run belongs to; nested runs inherit it. */
  readonly session?: string | undefined
  /** Whom the run is for; nested runs inherit it. */
  readonly user?: string | undefined
  /** Anything worth searching for, recorded as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** When it aborts, the run and its steps end at once with its reason, cancelled. */
  readonly signal?: AbortSignal | undefined
  /** When it is over, the run fails with a `RunTimeoutError`, and its steps are stopped. */
  readonly timeout?: Duration | undefined
  /** Set by evaluations; nested runs inherit it. */
  readonly experiment?: ExperimentTrial | undefined
}

const KNOWN = new Set([
  'id',
  'idempotencyKey',
  'session',
  'user',
  'metadata',
  'signal',
  'timeout',
  'experiment',
])

/**
 * Gives the timeout in milliseconds.
 * @throws UsageError for an option that is not what it should be
 */
export function checkOptions(options: RunOptions): number | undefined {
  checkKnown('run options', options, KNOWN)
  for (const key of ['session', 'user', 'id', 'idempotencyKey'] as const) {
    const value = options[key]
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw expected(key, 'a non-empty string', value)
    }
  }
  const { metadata } = options
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null)) {
    throw expected('metadata', 'an object', metadata)
  }
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw expected('signal', 'an AbortSignal', options.signal)
  }
  return options.timeout === undefined ? undefined : toMilliseconds(options.timeout, 'timeout')
}

/** @throws UsageError: without a store, nobody would know the run again */
export function refuseKey(flow: string, { idempotencyKey }: RunOptions): void {
  if (idempotencyKey === undefined) return
  throw new UsageError(`idempotencyKey: expected a flow with a store, got flow "${flow}" without one`)
}
