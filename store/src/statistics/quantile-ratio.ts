import { binomialCdf } from './binomial.ts'
import type { Ratio } from './hodges-lehmann.ts'
import { CONFIDENCE, type Interval } from './interval.ts'

/** An interval between two order statistics. */
export interface QuantileInterval extends Interval {
  /** The sample quantile: the value at index floor(level x n) of the sorted sample, as ClickHouse's `quantileExact`. */
  readonly estimate: number
  /** 1-based ranks of the two ends. */
  readonly ranks: readonly [number, number]
  /** What the interval covers in truth: at least the confidence asked for. */
  readonly coverage: number
}

/**
 * Interval of a quantile without assumption on the distribution: between the two order statistics whose ranks bound
 * the central part of Binomial(n, level). `null` if the sample is too small for it. Of a sample that is worth fewer independent values,
 * n is that number, and the ranks are spread over the sample.
 *
 * Source: David & Nagaraja (2003), Order Statistics, section 7.1.
 */
export function quantileInterval(
  values: readonly number[],
  level: number,
  confidence: number = CONFIDENCE,
  effectiveSize: number = values.length,
): QuantileInterval | null {
  const sorted = Float64Array.from(values).sort()
  const size = Math.round(effectiveSize)
  const ends = ranksAround(size, level, (1 - confidence) / 2)
  if (ends === null) return null
  const each = sorted.length / size
  const ranks = [Math.floor((ends.lower - 1) * each) + 1, Math.ceil(ends.upper * each)] as const
  return {
    estimate: sorted[Math.floor(level * sorted.length)]!,
    low: sorted[ranks[0] - 1]!,
    high: sorted[ranks[1] - 1]!,
    ranks,
    coverage: 1 - ends.below - ends.above,
  }
}

interface Ranks {
  readonly lower: number
  readonly upper: number
  /** P(the quantile is below the lower end). */
  readonly below: number
  readonly above: number
}

function ranksAround(n: number, level: number, tail: number): Ranks | null {
  let lower = Math.floor(n * level) + 1
  while (lower > 0 && binomialCdf(lower - 1, n, level) > tail) lower--
  let upper = Math.floor(n * level) + 1
  while (upper <= n && 1 - binomialCdf(upper - 1, n, level) > tail) upper++
  if (lower < 1 || upper > n) return null
  return {
    lower,
    upper,
    below: binomialCdf(lower - 1, n, level),
    above: 1 - binomialCdf(upper - 1, n, level),
  }
}

/**
 * Ratio second : first of one quantile of two samples of positive values, with its interval. `null` if a sample is too small for
 * {@link quantileInterval}.
 *
 * Source: the order-statistic intervals of the two log quantiles combined by MOVER (Zou & Donner 2008, Statistics in
 * Medicine 27:1693-1702), as Newcombe combines Wilson's. The test that goes with it is Mood's median test at this quantile (Mood 1950;
 * Conover 1999, Practical Nonparametric Statistics, 4.3): {@link proportionTest} of what is {@link beyondQuantile}. Neither needs a
 * density at the quantile, so rounded durations and two modes (cache hits and misses) do no harm.
 */
export function quantileRatio(
  first: readonly number[],
  second: readonly number[],
  level: number,
  confidence: number = CONFIDENCE,
  [firstSize, secondSize]: readonly [number, number] = [first.length, second.length],
): Ratio | null {
  const x = quantileInterval(first, level, confidence, firstSize)
  const y = quantileInterval(second, level, confidence, secondSize)
  if (x === null || y === null) return null
  const shift = Math.log(y.estimate / x.estimate)
  return {
    ratio: Math.exp(shift),
    low: Math.exp(shift - Math.hypot(Math.log(y.estimate / y.low), Math.log(x.high / x.estimate))),
    high: Math.exp(shift + Math.hypot(Math.log(y.high / y.estimate), Math.log(x.estimate / x.low))),
  }
}

/**
 * What lies beyond a quantile of both samples together. Of equal values at the quantile, all are beyond it or none, whichever gives a
 * group (never an empty one) nearer to the share 1 - level.
 */
export function beyondQuantile(
  first: readonly number[],
  second: readonly number[],
  level: number,
): (value: number) => boolean {
  const pooled = Float64Array.from([...first, ...second]).sort()
  const cut = pooled[Math.floor(level * pooled.length)]!
  const wanted = (1 - level) * pooled.length
  let above = 0
  let from = 0
  for (const value of pooled) {
    if (value > cut) above++
    if (value >= cut) from++
  }
  return above > 0 && wanted - above <= from - wanted ? (value) => value > cut : (value) => value >= cut
}
