import { logChoose } from './binomial.ts'
import { INDEPENDENT, type Inflation } from './effective-size.ts'
import { studentTwoSided } from './student.ts'

/** Outcome of {@link mannWhitney}. */
export interface MannWhitney {
  /** U of the second sample: in how many of the n x m pairs the second value is the larger, ties count half. */
  readonly u: number
  /** u / (n x m): the chance that a value of the second sample is the larger. 0.5: no difference. */
  readonly superiority: number
  /** Two-sided. */
  readonly p: number
  readonly method: 'exact' | 'normal'
}

/** Up to this size of the smaller sample (and without ties) the distribution of U is counted, not approximated. */
const EXACT_UP_TO = 8
const EXACT_LARGEST = 200

/**
 * Mann-Whitney U test of two independent samples, two-sided.
 *
 * Normal approximation with the correction for ties and for continuity; exact for tiny samples without ties. Where runs depend on each
 * other, `inflation` says by how much the variance grows; it is that of the ranks' means.
 * Source: Mann & Whitney (1947), Annals of Mathematical Statistics 18:50-60; ties as in Lehmann (1975),
 * Nonparametrics, section 1.4; clusters in the manner of Rosner, Glynn & Lee (2003), Biometrics 59:1089-1098. Agrees with
 * `scipy.stats.mannwhitneyu`.
 */
export function mannWhitney(
  first: readonly number[],
  second: readonly number[],
  { variance: inflation, degrees }: Inflation = INDEPENDENT,
): MannWhitney {
  const n = first.length
  const m = second.length
  if (n === 0 || m === 0) throw new RangeError(`expected two samples with values, got ${n} and ${m} values`)
  const { u, tieTerm } = rankSecond(first, second)
  const superiority = u / (n * m)
  if (inflation === 1 && tieTerm === 0 && Math.min(n, m) <= EXACT_UP_TO && Math.max(n, m) <= EXACT_LARGEST)
    return { u, superiority, p: exactP(u, n, m), method: 'exact' }
  const total = n + m
  const variance = inflation * ((n * m) / 12) * (total + 1 - tieTerm / (total * (total - 1)))
  if (variance <= 0) return { u, superiority, p: 1, method: 'normal' }
  const distance = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5)
  return { u, superiority, p: studentTwoSided(distance / Math.sqrt(variance), degrees), method: 'normal' }
}

/** U of the second sample, and the sum of t^3 - t over the groups of t tied values. */
export function rankSecond(
  first: readonly number[],
  second: readonly number[],
): { u: number; tieTerm: number } {
  const x = Float64Array.from(first).sort()
  const y = Float64Array.from(second).sort()
  let u = 0
  let tieTerm = 0
  let i = 0
  let j = 0
  while (i < x.length || j < y.length) {
    const value = Math.min(x[i] ?? Infinity, y[j] ?? Infinity)
    const below = i
    const before = j
    while (i < x.length && x[i] === value) i++
    while (j < y.length && y[j] === value) j++
    const tied = i - below + j - before
    u += (j - before) * (below + (i - below) / 2)
    tieTerm += tied ** 3 - tied
  }
  return { u, tieTerm }
}

/** The rank of each value among both samples, ties sharing the middle one. */
export function pooledRanks(
  first: readonly number[],
  second: readonly number[],
): readonly [Float64Array, Float64Array] {
  const pooled = Float64Array.from([...first, ...second]).sort()
  const rank = (value: number) => (countBelow(pooled, value, false) + countBelow(pooled, value, true) + 1) / 2
  return [Float64Array.from(first, rank), Float64Array.from(second, rank)]
}

/** How many sorted values are less than a value, or (`equal`) not more. */
function countBelow(sorted: Float64Array, value: number, equal: boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value || (equal && sorted[middle] === value)) low = middle + 1
    else high = middle
  }
  return low
}

/** Two-sided p from the number of arrangements per U: the coefficients of the Gaussian binomial (n+m over m). */
function exactP(u: number, n: number, m: number): number {
  const size = n * m
  const counts = new Float64Array(size + 1)
  counts[0] = 1
  const [small, large] = n < m ? [n, m] : [m, n]
  for (let k = 1; k <= small; k++) {
    for (let s = size; s >= large + k; s--) counts[s]! -= counts[s - large - k]!
    for (let s = k; s <= size; s++) counts[s]! += counts[s - k]!
  }
  const arrangements = Math.exp(logChoose(n + m, m))
  let tail = 0
  for (let s = 0; s <= Math.min(u, size - u); s++) tail += counts[s]!
  return Math.min(1, (2 * tail) / arrangements)
}
