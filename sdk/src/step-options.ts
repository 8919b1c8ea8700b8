import { type Duration, toMilliseconds } from './duration.ts'
import { expected } from './errors.ts'
import { type RetryOptions, type RetryPlan, toRetryPlan } from './retry.ts'

/** What the function of a step gets. */
export interface StepContext {
  /** Which try this is, 1..n. */
  readonly attempt: number
  /** Aborts when the attempt runs out of time or the caller's `signal` aborts: hand it to whatever can be stopped. */
  readonly signal: AbortSignal
}

export interface StepOptions<F = never> {
  /** Try again after an error. Each try becomes a span of its own below the step's. */
  readonly retry?: RetryOptions
  /** Asked after a failed try that is not the last one; `false` gives up. Only with `retry`. */
  readonly shouldRetry?: (error: unknown, attempt: number) => boolean | Promise<boolean>
  /** Gives the output once the last try failed: the step is then ok, marked as having used its fallback. */
  readonly fallback?: (error: unknown) => F | Promise<F>
  /** For each try. When it is over, the try fails with a `StepTimeoutError`. */
  readonly timeout?: Duration
  /** The caller's own signal: when it aborts, the step ends at once, cancelled, without retry or fallback. */
  readonly signal?: AbortSignal
  /** Identity of this execution where the label is not enough, such as the id of the item in a loop. */
  readonly key?: string
  /** What the step works on, to be recorded. Without it only the output is. */
  readonly input?: unknown
}

export interface StepPlan {
  readonly retry: RetryPlan | undefined
  readonly shouldRetry: ((error: unknown, attempt: number) => boolean | Promise<boolean>) | undefined
  readonly fallback: ((error: unknown) => unknown) | undefined
  /** Milliseconds. */
  readonly timeout: number | undefined
  readonly signal: AbortSignal | undefined
}

/** Undefined if the options ask for nothing but one plain call. */
export function toStepPlan(options: StepOptions<unknown>): StepPlan | undefined {
  if (typeof options !== 'object' || options === null) throw expected('step options', 'an object', options)
  const { retry, shouldRetry, fallback, timeout, signal, key } = options
  if (shouldRetry !== undefined && typeof shouldRetry !== 'function') {
    throw expected('shouldRetry', 'a function', shouldRetry)
  }
  if (fallback !== undefined && typeof fallback !== 'function')
    throw expected('fallback', 'a function', fallback)
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw expected('signal', 'an AbortSignal', signal)
  if (key !== undefined && typeof key !== 'string') throw expected('key', 'a string', key)
  if (retry === undefined && fallback === undefined && timeout === undefined && signal === undefined) {
    return undefined
  }
  return {
    retry: retry === undefined ? undefined : toRetryPlan(retry),
    shouldRetry,
    fallback,
    timeout: timeout === undefined ? undefined : toMilliseconds(timeout, 'timeout'),
    signal,
  }
}
