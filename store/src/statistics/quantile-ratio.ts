import { binomialCdf } from './binomial.ts'
import type { Ratio } from './hodges-lehmann.ts'
import { CONFIDENCE, type Interval } from './interval.ts'
import { proportionTest } from './newcombe.ts'

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
 * the central part of Binomial(n, level). `null` if the sample is too small for it.
 *
 * Source: David & Nagaraja (2003), Order Statistics, section 7.1.
 */
export function quantileInterval(
  values: readonly number[],
  level: number,
  confidence: number = CONFIDENCE,
): QuantileInterval | null {
  const sorted = Float64Array.from(values).sort()
  const ends = ranksAround(sorted.length, level, (1 - confidence) / 2)
  if (ends === null) return null
  return {
    estimate: sorted[Math.floor(level * sorted.length)]!,
    low: sorted[ends.lower - 1]!,
    high: sorted[ends.upper - 1]!,
    ranks: [ends.lower, ends.upper],
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

/** Outcome of {@link quantileRatio}. */
export interface QuantileRatio extends Ratio {
  /** Two-sided p of the quantile being the same. */
  readonly p: number
}

/**
 * Ratio second : first of one quantile of two independent samples of positive values, with interval and p. `null` if
 * a sample is too small for {@link quantileInterval}.
 *
 * Interval: the order-statistic intervals of the two log quantiles combined by MOVER (Zou & Donner 2008, Statistics in
 * Medicine 27:1693-1702), as Newcombe combines Wilson's.
 * p: Mood's median test at this quantile (Mood 1950; Conover 1999, Practical Nonparametric Statistics, 4.3). Neither
 * needs a density at the quantile, so rounded durations and two modes (cache hits and misses) do no harm.
 */
export function quantileRatio(
  first: readonly number[],
  second: readonly number[],
  level: number,
  confidence: number = CONFIDENCE,
): QuantileRatio | null {
  const x = quantileInterval(first, level, confidence)
  const y = quantileInterval(second, level, confidence)
  if (x === null || y === null) return null
  const shift = Math.log(y.estimate / x.estimate)
  return {
    ratio: Math.exp(shift),
    low: Math.exp(shift - Math.hypot(Math.log(y.estimate / y.low), Math.log(x.high / x.estimate))),
    high: Math.exp(shift + Math.hypot(Math.log(y.high / y.estimate), Math.log(x.estimate / x.low))),
    p: quantileTest(first, second, level),
  }
}

/**
 * p of both samples having the same share of values beyond the pooled quantile. Of equal values at the quantile, all
 * are beyond it or none, whichever gives a group (never an empty one) nearer to the share 1 - level.
 */
function quantileTest(first: readonly number[], second: readonly number[], level: number): number {
  const pooled = Float64Array.from([...first, ...second]).sort()
  const cut = pooled[Math.floor(level * pooled.length)]!
  const above = (values: readonly number[]) => values.filter((value) => value > cut).length
  const from = (values: readonly number[]) => values.filter((value) => value >= cut).length
  const wanted = (1 - level) * pooled.length
  const strictly = above(first) + above(second)
  const atLeast = from(first) + from(second)
  const beyond = strictly > 0 && wanted - strictly <= atLeast - wanted ? above : from
  return proportionTest(beyond(first), first.length, beyond(second), second.length).p
}
