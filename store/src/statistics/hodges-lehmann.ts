import { INDEPENDENT, type Inflation } from './effective-size.ts'
import { CONFIDENCE, type Interval } from './interval.ts'
import { bisectOrder } from './order-statistic.ts'
import { studentReach } from './student.ts'

/** A ratio second : first with its interval. */
export interface Ratio extends Interval {
  readonly ratio: number
}

/**
 * By what factor the second sample is larger: the median of all pairwise ratios second / first, with the interval
 * that inverts the Mann-Whitney test. Values must be positive (durations); the unit cancels.
 *
 * Source: Hodges & Lehmann (1963), Annals of Mathematical Statistics 34:598-611, on logarithms; interval by Moses,
 * as in Hollander & Wolfe (1999), Nonparametric Statistical Methods, section 4.3 (large samples). The n x m ratios are
 * never built: their order statistics are found by bisection, each count in O(n + m) over the sorted samples.
 */
export function hodgesLehmannRatio(
  first: readonly number[],
  second: readonly number[],
  confidence: number = CONFIDENCE,
  { variance, degrees }: Inflation = INDEPENDENT,
): Ratio {
  const x = sortedLogs(first)
  const y = sortedLogs(second)
  const pairs = x.length * y.length
  if (pairs === 0) throw new RangeError(`expected two samples with values, got ${x.length} and ${y.length}`)
  const reach = studentReach(1 - confidence, degrees)
  const half = reach * Math.sqrt((variance * pairs * (x.length + y.length + 1)) / 12)
  const rank = Math.max(1, Math.floor(pairs / 2 - half))
  const middle =
    (orderStatistic(x, y, Math.ceil(pairs / 2)) + orderStatistic(x, y, Math.floor(pairs / 2) + 1)) / 2
  return {
    ratio: Math.exp(middle),
    low: Math.exp(orderStatistic(x, y, rank)),
    high: Math.exp(orderStatistic(x, y, pairs - rank + 1)),
  }
}

/** Logarithms, by size. */
export function sortedLogs(values: readonly number[]): Float64Array {
  const logs = Float64Array.from(values, Math.log).sort()
  if (!Number.isFinite(logs[0] ?? 0) || !Number.isFinite(logs.at(-1) ?? 0))
    throw new RangeError('expected positive finite values, got a value that is zero, negative or not finite')
  return logs
}

/** The k-th smallest (1..n x m) of all differences y[j] - x[i]. */
function orderStatistic(x: Float64Array, y: Float64Array, k: number): number {
  return bisectOrder(k, y[0]! - x.at(-1)!, y.at(-1)! - x[0]!, (limit) => countUpTo(x, y, limit))
}

/** How many differences y[j] - x[i] are <= limit; both are sorted. */
export function countUpTo(x: Float64Array, y: Float64Array, limit: number): number {
  let count = 0
  let j = 0
  for (let i = 0; i < x.length; i++) {
    while (j < y.length && y[j]! - x[i]! <= limit) j++
    count += j
  }
  return count
}
