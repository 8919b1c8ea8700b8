import { fisherExact } from './fisher-exact.ts'
import { CONFIDENCE, type Interval } from './interval.ts'
import { normalQuantile, normalTwoSided } from './normal.ts'

/**
 * Wilson's score interval of a proportion k / n.
 * Source: Wilson (1927), Journal of the American Statistical Association 22:209-212.
 */
export function wilsonInterval(k: number, n: number, confidence: number = CONFIDENCE): Interval {
  if (!(n > 0 && k >= 0 && k <= n)) throw new RangeError(`expected 0 <= k <= n and n > 0, got ${k} of ${n}`)
  const z = normalQuantile((1 + confidence) / 2)
  if (z === Infinity) return { low: 0, high: 1 }
  const rate = k / n
  const centre = rate + (z * z) / (2 * n)
  const reach = z * Math.sqrt((rate * (1 - rate) + (z * z) / (4 * n)) / n)
  const scale = 1 + (z * z) / n
  return {
    low: k === 0 ? 0 : (centre - reach) / scale,
    high: k === n ? 1 : (centre + reach) / scale,
  }
}

/** A difference of two proportions with its interval. */
export interface ProportionDifference extends Interval {
  /** k2 / n2 - k1 / n1. */
  readonly difference: number
}

/**
 * Difference k2 / n2 - k1 / n1 of two independent proportions with Newcombe's interval. The counts need not be whole: those of dependent
 * runs are what these are worth.
 *
 * Source: Newcombe (1998), Statistics in Medicine 17:873-890, method 10 (Wilson's intervals combined). {@link proportionTest} is
 * another method: at the margin one may exclude 0 where the other does not; the verdict follows the test.
 */
export function proportionDifference(
  k1: number,
  n1: number,
  k2: number,
  n2: number,
  confidence: number = CONFIDENCE,
): ProportionDifference {
  const first = wilsonInterval(k1, n1, confidence)
  const second = wilsonInterval(k2, n2, confidence)
  const difference = k2 / n2 - k1 / n1
  return {
    difference,
    low: difference - Math.hypot(k2 / n2 - second.low, first.high - k1 / n1),
    high: difference + Math.hypot(second.high - k2 / n2, k1 / n1 - first.low),
  }
}

/** Outcome of {@link proportionTest}. */
export interface ProportionTest {
  /** Two-sided. */
  readonly p: number
  readonly method: 'score' | 'fisher'
}

/**
 * Whether two independent proportions differ: the score test ("N - 1" chi-square), or Fisher's exact test where an expected count is
 * below 1, as recommended by Campbell (2007), Statistics in Medicine 26:3661-3675.
 */
export function proportionTest(k1: number, n1: number, k2: number, n2: number): ProportionTest {
  const total = n1 + n2
  const passed = k1 + k2
  if (passed === 0 || passed === total) return { p: 1, method: 'fisher' }
  const leastExpected = (Math.min(n1, n2) * Math.min(passed, total - passed)) / total
  if (leastExpected < 1) return { p: fisherExact(k1, n1, k2, n2), method: 'fisher' }
  const cross = k1 * (n2 - k2) - k2 * (n1 - k1)
  const chiSquare = (cross * cross * (total - 1)) / (n1 * n2 * passed * (total - passed))
  return { p: normalTwoSided(Math.sqrt(chiSquare)), method: 'score' }
}
