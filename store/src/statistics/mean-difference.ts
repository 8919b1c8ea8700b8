import { CONFIDENCE, type Interval } from './interval.ts'
import { normalQuantile } from './normal.ts'

/** The mean of paired differences with its interval. */
export interface MeanDifference extends Interval {
  readonly difference: number
}

/**
 * The mean of paired differences, each from -1 to 1 (of shares or scores), with an interval that does not shrink to nothing where all
 * are 0: it is that of the differences and of two more, +1 and -1.
 *
 * Source: Bonett & Price (2012), Journal of Educational and Behavioral Statistics 37:479-488 (adjusted Wald interval for paired
 * binary outcomes), which this is where all differences are -1, 0 or 1.
 */
export function meanDifference(
  differences: readonly number[],
  confidence: number = CONFIDENCE,
): MeanDifference {
  const n = differences.length
  if (n === 0) throw new RangeError('expected at least one difference, got none')
  const sum = differences.reduce((total, one) => total + one, 0)
  const squares = differences.reduce((total, one) => total + one * one, 0)
  const centre = sum / (n + 2)
  const variance = (squares + 2) / (n + 2) - centre * centre
  const reach = normalQuantile((1 + confidence) / 2) * Math.sqrt(variance / (n + 2))
  return {
    difference: sum / n,
    low: Math.max(-1, Math.min(sum / n, centre - reach)),
    high: Math.min(1, Math.max(sum / n, centre + reach)),
  }
}
