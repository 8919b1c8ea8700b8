import { binomialCdf } from './binomial.ts'

/**
 * Two-sided exact p that of the pairs which changed, as many changed one way as the other.
 *
 * @param broke - pairs that passed first and failed second
 * @param fixed - pairs that failed first and passed second
 *
 * Source: McNemar (1947), Psychometrika 12:153-157; exact by the binomial distribution (sign test). Agrees with
 * `statsmodels.stats.contingency_tables.mcnemar(exact=True)`.
 */
export function mcnemarExact(broke: number, fixed: number): number {
  const changed = broke + fixed
  if (changed === 0) return 1
  return Math.min(1, 2 * binomialCdf(Math.min(broke, fixed), changed, 0.5))
}
