import { type Duration, toMilliseconds } from '../duration.ts'
import { checkKnown, expected } from '../errors.ts'

/** How often and when a failed step is tried again. */
export interface RetryOptions {
  /** Tries in total, the first included; 1 or more. */
  readonly attempts: number
  /** Before the second try. Default 0. */
  readonly delay?: Duration | undefined
  /** How the delay grows: `linear` 1, 2, 3 times, `exponential` 1, 2, 4 times. Default: it does not. */
  readonly backoff?: 'linear' | 'exponential' | undefined
  /** The random share of each delay: 0 to 1, or `true` for 1 (anything from none to all of it). Default 0. */
  readonly jitter?: boolean | number | undefined
  /** No delay is longer than this, before jitter. Default 30 s. */
  readonly maxDelay?: Duration | undefined
}

export interface RetryPlan {
  readonly attempts: number
  readonly delay: number
  readonly backoff: 'none' | 'linear' | 'exponential'
  readonly jitter: number
  readonly maxDelay: number
}

const KNOWN = new Set(['attempts', 'delay', 'backoff', 'jitter', 'maxDelay'])

export function toRetryPlan(retry: RetryOptions): RetryPlan {
  if (typeof retry !== 'object' || retry === null) throw expected('retry', 'an object with attempts', retry)
  checkKnown('retry', retry, KNOWN)
  const { attempts, delay = 0, backoff, jitter = 0, maxDelay = '30s' } = retry
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw expected('retry.attempts', 'a whole number of 1 or more', attempts)
  }
  if (backoff !== undefined && backoff !== 'linear' && backoff !== 'exponential') {
    throw expected('retry.backoff', '"linear" or "exponential"', backoff)
  }
  const share = typeof jitter === 'boolean' ? Number(jitter) : jitter
  if (typeof share !== 'number' || !(share >= 0 && share <= 1)) {
    throw expected('retry.jitter', 'true, false or a number from 0 to 1', jitter)
  }
  return {
    attempts,
    delay: toMilliseconds(delay, 'retry.delay'),
    backoff: backoff ?? 'none',
    jitter: share,
    maxDelay: toMilliseconds(maxDelay, 'retry.maxDelay'),
  }
}

/** Milliseconds to wait after `failed` tries; `random` is in [0, 1). */
export function delayAfter(plan: RetryPlan, failed: number, random: number): number {
  const growth = plan.backoff === 'exponential' ? 2 ** (failed - 1) : plan.backoff === 'linear' ? failed : 1
  const delay = Math.min(plan.delay * growth, plan.maxDelay)
  return delay * (1 - plan.jitter * random)
}
