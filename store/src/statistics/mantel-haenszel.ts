import { CONFIDENCE } from './interval.ts'
import { type ProportionDifference, proportionDifference } from './newcombe.ts'
import { normalTwoSided } from './normal.ts'

/** Successes and sizes of two samples that have something in common; both sizes are above 0, and need not be whole. */
export interface RateStratum {
  readonly k1: number
  readonly n1: number
  readonly k2: number
  readonly n2: number
}

/** Successes that must be possible beyond those that are expected, for the normal approximation (Mantel & Fleiss 1980). */
const ROOM = 5

/**
 * Whether two rates differ within strata: the Cochran-Mantel-Haenszel test, two-sided; corrected for continuity where it has little to
 * go by. With one stratum it is the "N - 1" chi-square test.
 *
 * Source: Mantel & Haenszel (1959), Journal of the National Cancer Institute 22:719-748; Mantel & Fleiss (1980), American Journal of
 * Epidemiology 112:129-134. Agrees with `StratifiedTable.test_null_odds` of statsmodels.
 */
export function mantelHaenszelTest(strata: readonly RateStratum[]): number {
  let [balance, variance, expected, least, most] = [0, 0, 0, 0, 0]
  for (const { k1, n1, k2, n2 } of strata) {
    const total = n1 + n2
    const passed = k1 + k2
    if (total <= 1) continue
    const share = (n2 * passed) / total
    balance += k2 - share
    variance += (n1 * n2 * passed * (total - passed)) / (total * total * (total - 1))
    expected += share
    least += Math.max(0, passed - n1)
    most += Math.min(n2, passed)
  }
  if (variance <= 0) return 1
  const isSparse = Math.min(expected - least, most - expected) < ROOM
  const distance = Math.max(0, Math.abs(balance) - (isSparse ? 0.5 : 0))
  return normalTwoSided(distance / Math.sqrt(variance))
}

/** Rates as they would be with the same mix of strata, and their difference. */
export interface AdjustedRates extends ProportionDifference {
  readonly first: number
  readonly second: number
}

/**
 * Two rates and their difference, with the strata weighted by n1 n2 / (n1 + n2) on both sides. The interval combines Newcombe's of the
 * strata by MOVER, so that it does not shrink to nothing where nothing fails.
 *
 * Source: weights of Mantel & Haenszel (1959), difference as Greenland & Robins (1985), Biometrics 41:55-68; interval by Zou & Donner
 * (2008), Statistics in Medicine 27:1693-1702.
 */
export function adjustedRates(
  strata: readonly RateStratum[],
  confidence: number = CONFIDENCE,
): AdjustedRates {
  const weights = strata.map(({ n1, n2 }) => (n1 * n2) / (n1 + n2))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (!(total > 0)) throw new RangeError('expected a stratum with values of both samples, got none')
  let [first, second, below, above] = [0, 0, 0, 0]
  strata.forEach(({ k1, n1, k2, n2 }, i) => {
    const weight = weights[i]! / total
    const { difference, low, high } = proportionDifference(k1, n1, k2, n2, confidence)
    first += (weight * k1) / n1
    second += (weight * k2) / n2
    below += (weight * (difference - low)) ** 2
    above += (weight * (high - difference)) ** 2
  })
  const difference = second - first
  return {
    first,
    second,
    difference,
    low: difference - Math.sqrt(below),
    high: difference + Math.sqrt(above),
  }
}
