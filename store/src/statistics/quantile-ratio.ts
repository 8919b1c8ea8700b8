import { binomialCdf } from './binomial.ts'
import type { Ratio } from './hodges-lehmann.ts'
import { CONFIDENCE, type Interval } from './interval.ts'
import { normalQuantile, normalTwoSided } from './normal.ts'

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
  /** Two-sided p of the ratio being 1. */
  readonly p: number
}

/**
 * Ratio second : first of one quantile of two independent samples of positive values, with interval and p. `null` if
 * a sample is too small for {@link quantileInterval}.
 *
 * Source: Price & Bonett (2002), Journal of Statistical Computation and Simulation 72:119-124, for quantiles other than
 * the median: the standard error of a log quantile is the width of its order-statistic interval divided by the normal
 * deviates of that interval's true coverage (McKean & Schrader 1984).
 */
export function quantileRatio(
  first: readonly number[],
  second: readonly number[],
  level: number,
  confidence: number = CONFIDENCE,
): QuantileRatio | null {
  const x = logQuantile(first, level, confidence)
  const y = logQuantile(second, level, confidence)
  if (x === null || y === null) return null
  const shift = y.estimate - x.estimate
  const error = Math.hypot(x.error, y.error)
  const reach = normalQuantile((1 + confidence) / 2) * error
  const p = error > 0 ? normalTwoSided(shift / error) : shift === 0 ? 1 : 0
  return { ratio: Math.exp(shift), low: Math.exp(shift - reach), high: Math.exp(shift + reach), p }
}

function logQuantile(values: readonly number[], level: number, confidence: number) {
  const interval = quantileInterval(values, level, confidence)
  if (interval === null) return null
  const [lower, upper] = interval.ranks
  const below = binomialCdf(lower - 1, values.length, level)
  const above = 1 - binomialCdf(upper - 1, values.length, level)
  const deviates = -normalQuantile(below) - normalQuantile(above)
  return {
    estimate: Math.log(interval.estimate),
    error: (Math.log(interval.high) - Math.log(interval.low)) / deviates,
  }
}
