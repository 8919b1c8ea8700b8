import { CONFIDENCE, type Interval } from './interval.ts'
import { normalQuantile, normalTwoSided } from './normal.ts'
import { bisectOrder } from './order-statistic.ts'

/** Outcome of {@link signedRank}. */
export interface SignedRank {
  /** Sum of the ranks of the positive differences, less that of the negative ones. */
  readonly balance: number
  /** Two-sided. */
  readonly p: number
  readonly method: 'exact' | 'normal'
}

/** Up to this many differences the distribution is counted, not approximated. */
const EXACT_UP_TO = 50

/**
 * Whether paired differences lie around zero: Wilcoxon's signed-rank test, two-sided. Infinite differences are the largest.
 *
 * Exact up to 50 differences, ties and zeros included: every sign pattern of the ranks at hand is counted. Beyond, the normal
 * approximation with the variance of these ranks. Zeros take part in the ranking and then drop out (Pratt). Differences of 0 and 1
 * alone give the exact McNemar test.
 *
 * Source: Wilcoxon (1945), Biometrics Bulletin 1:80-83; Pratt (1959), Journal of the American Statistical Association
 * 54:655-667. Agrees with `scipy.stats.wilcoxon(zero_method='pratt')` and `scipy.stats.permutation_test`.
 */
export function signedRank(differences: readonly number[]): SignedRank {
  const ranked = doubledRanks(differences)
  const balance = ranked.reduce((sum, { doubled, sign }) => sum + sign * doubled, 0) / 2
  if (ranked.length === 0) return { balance, p: 1, method: 'exact' }
  const doubled = ranked.map((one) => one.doubled)
  if (ranked.length <= EXACT_UP_TO) return { balance, p: exactP(2 * balance, doubled), method: 'exact' }
  const deviation = Math.sqrt(doubled.reduce((sum, rank) => sum + rank * rank, 0)) / 2
  return { balance, p: normalTwoSided(balance / deviation), method: 'normal' }
}

/** Twice the ranks of the absolute differences, so that those of ties are whole; without the zeros. */
function doubledRanks(differences: readonly number[]): { doubled: number; sign: number }[] {
  const sorted = differences
    .map((value) => ({ size: Math.abs(value), sign: Math.sign(value) }))
    .sort((a, b) => (a.size < b.size ? -1 : a.size > b.size ? 1 : 0))
  const ranked: { doubled: number; sign: number }[] = []
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    while (to < sorted.length && sorted[to]!.size === sorted[from]!.size) to++
    if (sorted[from]!.size === 0) continue
    for (let i = from; i < to; i++) ranked.push({ doubled: from + 1 + to, sign: sorted[i]!.sign })
  }
  return ranked
}

/** The share of sign patterns whose balance is at least as far from zero. */
function exactP(balance: number, weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const counts = subsetSums(weights, total)
  // The positive ranks sum up to (total + balance) / 2.
  const least = (total - Math.abs(balance)) / 2
  let tail = 0
  for (let sum = 0; sum <= least; sum++) tail += counts[sum]!
  return Math.min(1, (2 * tail) / 2 ** weights.length)
}

/** How many subsets of the weights have each sum, 0..total. */
function subsetSums(weights: readonly number[], total: number): Float64Array {
  const counts = new Float64Array(total + 1)
  counts[0] = 1
  let reached = 0
  for (const weight of weights) {
    reached += weight
    for (let sum = reached; sum >= weight; sum--) counts[sum]! += counts[sum - weight]!
  }
  return counts
}

/** An estimate with its interval, on the scale of the differences. */
export interface Shift extends Interval {
  readonly shift: number
}

/**
 * Where paired differences lie: the median of the averages of all pairs of them (Walsh averages), with the interval that inverts the
 * signed-rank test: exact up to 50 differences (of which ties make it wider), the normal approximation beyond. With fewer than six, no
 * interval of 95 % exists, and it spans all differences.
 *
 * Source: Hodges & Lehmann (1963); Tukey; Hollander & Wolfe (1999), Nonparametric Statistical Methods, 3.2 and 3.3. The
 * averages are never built: their order statistics are found by bisection.
 */
export function walshShift(differences: readonly number[], confidence: number = CONFIDENCE): Shift {
  const sorted = Float64Array.from(differences).sort()
  const n = sorted.length
  if (n === 0 || !Number.isFinite(sorted[0]!) || !Number.isFinite(sorted[n - 1]!))
    throw new RangeError(`expected finite differences, got ${n === 0 ? 'none' : 'an infinite one'}`)
  const averages = (n * (n + 1)) / 2
  const order = (k: number) =>
    bisectOrder(k, sorted[0]!, sorted[n - 1]!, (limit) => countAverages(sorted, limit))
  const rank = lowerRank(n, (1 - confidence) / 2)
  return {
    shift: (order(Math.ceil(averages / 2)) + order(Math.floor(averages / 2) + 1)) / 2,
    low: order(rank),
    high: order(averages - rank + 1),
  }
}

/** The rank of the Walsh average that ends the interval, at least 1. */
function lowerRank(n: number, tail: number): number {
  if (n > EXACT_UP_TO) {
    const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24)
    return Math.max(1, Math.floor((n * (n + 1)) / 4 + normalQuantile(tail) * deviation))
  }
  const ranks = Array.from({ length: n }, (_, i) => i + 1)
  const counts = subsetSums(ranks, (n * (n + 1)) / 2)
  let below = 0
  let rank = 0
  while ((below + counts[rank]!) / 2 ** n <= tail) below += counts[rank++]!
  return Math.max(1, rank)
}

/** How many averages (d[i] + d[j]) / 2 with i <= j are <= limit. */
function countAverages(sorted: Float64Array, limit: number): number {
  let count = 0
  let j = sorted.length - 1
  for (let i = 0; i <= j; i++) {
    while (j >= i && (sorted[i]! + sorted[j]!) / 2 > limit) j--
    count += Math.max(0, j - i + 1)
  }
  return count
}
