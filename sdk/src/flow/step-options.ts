import { type Duration, toMilliseconds } from '../duration.ts'
import { checkKnown, expected } from '../errors.ts'
import { type RetryOptions, type RetryPlan, toRetryPlan } from './retry.ts'

/** What the function of a step gets. */
export interface StepContext {
  /** Which try this is, 1..n. */
  readonly attempt: number
  /** Aborts when the attempt runs out of time, or what it belongs to is stopped: hand it to whatever can be stopped. */
  readonly signal: AbortSignal
  /** The same in every attempt of this execution: hand it to whoever must not do the work twice. */
  readonly idempotencyKey: string
}

export interface StepOptions<F = never> {
  /** Try again after an error. Each try becomes a span of its own below the step's. */
  readonly retry?: RetryOptions | undefined
  /**
   * Asked after a failed try that is not the last one; `false` gives up. Only with `retry`. Without it, a `TerminalError` or a
   * `FlowValidationError` is neither tried again nor replaced by the fallback.
   */
  readonly shouldRetry?: ((error: unknown, attempt: number) => boolean | Promise<boolean>) | undefined
  /** Gives the output once the last try failed: the step is then ok, marked as having used its fallback. */
  readonly fallback?: ((error: unknown) => F | Promise<F>) | undefined
  /** For each try. When it is over, the try fails with a `StepTimeoutError`. */
  readonly timeout?: Duration | undefined
  /** The caller's own signal: when it aborts, the step ends at once, cancelled, without retry or fallback. */
  readonly signal?: AbortSignal | undefined
  /** Identity of this execution where the label is not enough, such as the id of the item in a loop. */
  readonly key?: string | undefined
  /** What the step works on, to be recorded. Without it only the output is. */
  readonly input?: unknown
}

export interface StepPlan {
  readonly retry: RetryPlan | undefined
  readonly shouldRetry: ((error: unknown, attempt: number) => boolean | Promise<boolean>) | undefined
  readonly fallback: ((error: unknown) => unknown) | undefined
  /** Milliseconds. */
  readonly timeout: number | undefined
  /** Each stops it. */
  readonly signals: AbortSignal[]
}

/**
 * Undefined if nothing but one plain call is asked for.
 * @param around stops what runs in the scope around the step
 */
export function toStepPlan(
  options: StepOptions<unknown> | undefined,
  around: AbortSignal | undefined,
): StepPlan | undefined {
  if (options === undefined) return around === undefined ? undefined : { ...NO_OPTIONS, signals: [around] }
  checkKnown('step options', options, KNOWN)
  const { retry, shouldRetry, fallback, timeout, signal, key } = options
  if (shouldRetry !== undefined && typeof shouldRetry !== 'function') {
    throw expected('shouldRetry', 'a function', shouldRetry)
  }
  if (fallback !== undefined && typeof fallback !== 'function')
    throw expected('fallback', 'a function', fallback)
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw expected('signal', 'an AbortSignal', signal)
  if (key !== undefined && typeof key !== 'string') throw expected('key', 'a string', key)
  const signals = [signal, around].filter((one) => one !== undefined)
  if (retry === undefined && fallback === undefined && timeout === undefined && signals.length === 0) {
    return undefined
  }
  return {
    retry: retry === undefined ? undefined : toRetryPlan(retry),
    shouldRetry,
    fallback,
    timeout: timeout === undefined ? undefined : toMilliseconds(timeout, 'timeout'),
    signals,
  }
}

const KNOWN = new Set(['retry', 'shouldRetry', 'fallback', 'timeout', 'signal', 'key', 'input'])

const NO_OPTIONS: Omit<StepPlan, 'signals'> = {
  retry: undefined,
  shouldRetry: undefined,
  fallback: undefined,
  timeout: undefined,
}
