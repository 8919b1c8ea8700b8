import { INDEPENDENT, type Inflation } from './effective-size.ts'
import { countUpTo, type Ratio, sortedLogs } from './hodges-lehmann.ts'
import { CONFIDENCE } from './interval.ts'
import { rankSecond } from './mann-whitney.ts'
import { bisectOrder } from './order-statistic.ts'
import { studentReach, studentTwoSided } from './student.ts'

/** Values of two samples that have something in common; both have at least one. */
export interface Stratum {
  readonly first: readonly number[]
  readonly second: readonly number[]
}

/** Outcome of {@link vanElteren}. */
export interface VanElteren {
  /** Above 0: the values of the second sample are the larger ones. */
  readonly balance: number
  /** Two-sided. */
  readonly p: number
}

/**
 * Whether two samples differ within strata: van Elteren's test, two-sided. It is the sum of the strata's Mann-Whitney statistics, each
 * weighted by 1 / (N + 1). That is best where the shift is the same in all. Values are compared within their stratum only, so it does not matter
 * how the strata differ, nor how many values of which stratum each sample has. Normal approximation, corrected for ties. `inflation`
 * says by how much dependence makes the variance grow.
 *
 * Source: van Elteren (1960), Bulletin de l'Institut International de Statistique 37:351-361; Lehmann (1975), Nonparametrics, 3.3.
 */
export function vanElteren(
  strata: readonly Stratum[],
  { variance: inflation, degrees }: Inflation = INDEPENDENT,
): VanElteren {
  let balance = 0
  let variance = 0
  for (const { first, second } of strata) {
    const pairs = first.length * second.length
    const total = first.length + second.length
    if (pairs === 0) throw new RangeError('expected a value of both samples in each stratum, got one without')
    const { u, tieTerm } = rankSecond(first, second)
    balance += (u - pairs / 2) / (total + 1)
    variance += ((pairs / 12) * (total + 1 - tieTerm / (total * (total - 1)))) / (total + 1) ** 2
  }
  if (variance <= 0) return { balance, p: 1 }
  return { balance, p: studentTwoSided(Math.abs(balance) / Math.sqrt(inflation * variance), degrees) }
}

/**
 * By what factor the second sample is larger within strata, with the interval that inverts {@link vanElteren}. It is the median of the
 * ratios of all pairs within strata, a pair counting 1 / (N + 1). Values must be positive.
 *
 * Source: as Hodges & Lehmann (1963) invert the Mann-Whitney test; Lehmann (1975), Nonparametrics, 3.3.
 */
export function vanElterenRatio(
  strata: readonly Stratum[],
  confidence: number = CONFIDENCE,
  { variance, degrees }: Inflation = INDEPENDENT,
): Ratio {
  const all = strata.map(({ first, second }) => {
    const [x, y] = [sortedLogs(first), sortedLogs(second)]
    return { x, y, weight: 1 / (x.length + y.length + 1) }
  })
  const total = all.reduce((sum, { x, y, weight }) => sum + weight * x.length * y.length, 0)
  if (total === 0) throw new RangeError('expected a stratum with values of both samples, got none')
  const least = Math.min(...all.map(({ x, y }) => y[0]! - x.at(-1)!))
  const most = Math.max(...all.map(({ x, y }) => y.at(-1)! - x[0]!))
  const order = (weightUpTo: number) =>
    bisectOrder(weightUpTo, least, most, (limit) =>
      all.reduce((sum, { x, y, weight }) => sum + weight * countUpTo(x, y, limit), 0),
    )
  const spread = all.reduce((sum, { x, y, weight }) => sum + (weight * x.length * y.length) / 12, 0)
  const half = studentReach(1 - confidence, degrees) * Math.sqrt(variance * spread)
  const rounding = total * 1e-12
  return {
    ratio: Math.exp((order(total / 2 - rounding) + order(total / 2 + rounding)) / 2),
    low: Math.exp(order(Math.max(rounding, total / 2 - half))),
    high: Math.exp(order(Math.min(total - rounding, total / 2 + half))),
  }
}
