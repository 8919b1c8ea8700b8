import type { Interval } from './interval.ts'
import { wilsonInterval } from './newcombe.ts'

/**
 * The interval of a mean over cases of values from 0 to 1: Wilson's, with the cases as n. Such values vary no more than a yes or no of the
 * same mean, so it covers the mean of shares and scores at least as often. Trials of one case are not independent, and do not count.
 */
export function shareInterval(mean: number, cases: number): Interval {
  return wilsonInterval(Math.min(mean * cases, cases), cases)
}
