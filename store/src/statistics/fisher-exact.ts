import { logChoose } from './binomial.ts'

/** Relative slack under which two probabilities count as equally likely, against rounding. */
const SLACK = 1 + 1e-9

/**
 * Two-sided p that two proportions differ: the sum over all tables with the same margins that are no likelier than
 * the one seen.
 *
 * Source: Fisher (1935) and Irwin (1935), Metron 12:83-94. Agrees with `scipy.stats.fisher_exact`.
 */
export function fisherExact(k1: number, n1: number, k2: number, n2: number): number {
  const successes = k1 + k2
  const base = logChoose(n1 + n2, successes)
  const probability = (k: number) => Math.exp(logChoose(n1, k) + logChoose(n2, successes - k) - base)
  const seen = probability(k1)
  let sum = 0
  for (let k = Math.max(0, successes - n2); k <= Math.min(n1, successes); k++) {
    const likely = probability(k)
    if (likely <= seen * SLACK) sum += likely
  }
  return Math.min(1, sum)
}
