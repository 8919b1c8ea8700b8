import { normalCdf, normalQuantile } from './normal.ts'
import { studentReach, studentTwoSided } from './student.ts'

/** What dependence leaves of a sample. */
export interface EffectiveSize {
  /** How many independent values would say as much about the mean: at most as many as there are. */
  readonly size: number
  /** Of the variance behind it: how exactly it is known. */
  readonly degrees: number
}

/** Which values belong together. */
export interface Clusters {
  /** The cluster of each value, from 0. */
  readonly of: Int32Array
  readonly count: number
}

/** @param keys what values share; each value with key 0 is a cluster of its own */
export function toClusters(keys: readonly number[]): Clusters {
  const known = new Map<number, number>()
  let count = 0
  const of = Int32Array.from(keys, (key) => {
    const cluster = key === 0 ? undefined : known.get(key)
    if (cluster !== undefined) return cluster
    if (key !== 0) known.set(key, count)
    return count++
  })
  return { of, count }
}

/**
 * How many independent values a sample in the order of time is worth, for its mean: its size by the design effect, which sums up what
 * values share within clusters (a user, a session) and what neighbours in time of different clusters share.
 *
 * Sources: within clusters, the cluster-robust variance (Liang & Zeger 1986, Biometrika 73:13-22) as a design effect (Rao & Scott 1992,
 * Biometrics 48:577-585), with n^2 / sum of squared cluster sizes, less one, as degrees of freedom (Carter, Schnepel & Steigerwald 2017);
 * in time, where the first two lags show more than independent values do in one of a hundred samples, the autocovariances up to the first
 * pair of lags whose sum is less than its standard error (Geyer 1992, Statistical Science 7:473-483, initial positive sequence), with n / (2 x lags + 1) degrees of freedom (Priestley 1981, 6.2); both together without what
 * they have in common (Cameron, Gelbach & Miller 2011, Journal of Business & Economic Statistics 29:238-249).
 */
export function effectiveSize(values: ArrayLike<number>, clusters: Clusters): EffectiveSize {
  const n = values.length
  const independent = { size: n, degrees: Infinity }
  if (n < 3) return independent
  let mean = 0
  for (let i = 0; i < n; i++) mean += values[i]! / n
  const centred = Float64Array.from(values, (value) => value - mean)
  const squares = centred.reduce((sum, value) => sum + value * value, 0)
  if (squares <= n * 1e-24 * Math.max(1, mean * mean)) return independent
  const within = clusterExcess(centred, squares, clusters)
  const serial = serialExcess(centred, squares, clusters)
  const near = {
    excess: within.excess + serial.excess,
    degrees: Math.max(1, Math.min(within.degrees, serial.degrees)),
  }
  const far = driftExcess(centred, squares)
  const { excess, degrees } = far.excess > near.excess ? far : near
  return excess === 0 ? independent : { size: n / (1 + excess), degrees }
}

interface Excess {
  /** By how much it raises the design effect above 1. */
  readonly excess: number
  readonly degrees: number
}

const NO_EXCESS: Excess = { excess: 0, degrees: Infinity }

function clusterExcess(centred: Float64Array, squares: number, { of, count }: Clusters): Excess {
  const n = centred.length
  if (count === n) return NO_EXCESS
  if (count === 1) return { excess: n - 1, degrees: 1 }
  const sums = new Float64Array(count)
  const sizes = new Float64Array(count)
  for (let i = 0; i < n; i++) {
    sums[of[i]!]! += centred[i]!
    sizes[of[i]!]!++
  }
  const between = sums.reduce((sum, value) => sum + value * value, 0)
  const effect = ((between / squares) * (count / (count - 1)) * (n - 1)) / n
  const degrees = n ** 2 / sizes.reduce((sum, size) => sum + size * size, 0) - 1
  return { excess: Math.max(0, effect - 1), degrees }
}

function serialExcess(centred: Float64Array, squares: number, { of, count }: Clusters): Excess {
  const n = centred.length
  const alone = count === n
  const correlation = (lag: number) => {
    let sum = 0
    for (let i = lag; i < n; i++) {
      if (alone || of[i] !== of[i - lag]) sum += centred[i]! * centred[i - lag]!
    }
    return sum / squares
  }
  const noise = Math.sqrt(2 / n)
  let excess = 0
  let lags = 0
  for (let lag = 1; lag + 1 < n; lag += 2) {
    const pair = correlation(lag) + correlation(lag + 1)
    if (pair <= noise * (lag === 1 ? ONE_OF_HUNDRED : 1)) break
    excess += 2 * pair
    lags = lag + 1
    // Worth less than three: no test asks for more detail.
    if (n / (1 + excess) < 3) break
  }
  return excess === 0 ? NO_EXCESS : { excess, degrees: n / (2 * lags + 1) }
}

/**
 * What values share over longer times, under so much noise that neighbours do not show it: the same autocovariances, of the means of
 * blocks of sqrt(n) values. Only where it is more than independent values show in one of a hundred samples or so.
 */
function driftExcess(centred: Float64Array, squares: number): Excess {
  const n = centred.length
  const length = Math.floor(Math.sqrt(n))
  const count = Math.floor(n / length)
  if (count < 6) return NO_EXCESS
  const sums = new Float64Array(count)
  for (let i = 0; i < count * length; i++) sums[Math.floor(i / length)]! += centred[i]! / length
  const mean = sums.reduce((sum, value) => sum + value, 0) / count
  const blocks = sums.map((value) => value - mean)
  const between = blocks.reduce((sum, value) => sum + value * value, 0)
  if (between === 0) return NO_EXCESS
  const { excess, degrees } = serialExcess(blocks, between, { of: new Int32Array(0), count })
  const effect = ((length * between) / (count - 1) / (squares / (n - 1))) * (1 + excess)
  if (effect <= 1 + ONE_OF_HUNDRED * Math.sqrt(2 / (count - 1))) return NO_EXCESS
  return { excess: effect - 1, degrees: Math.min(degrees, count - 1) }
}

/** Standard deviations that a normal variable exceeds in one of a hundred samples. */
const ONE_OF_HUNDRED = 2.326

/** How much less certain than of independent samples a difference of two means is. */
export interface Inflation {
  /** Of its variance, at least 1. */
  readonly variance: number
  readonly degrees: number
}

/** Of independent samples. */
export const INDEPENDENT: Inflation = { variance: 1, degrees: Infinity }

/** Of the difference between samples of n and m values; the degrees of freedom by Welch (1947) and Satterthwaite (1946). */
export function inflationOf(first: EffectiveSize, n: number, second: EffectiveSize, m: number): Inflation {
  if (first.size === n && second.size === m) return INDEPENDENT
  const [a, b] = [1 / first.size, 1 / second.size]
  return {
    variance: (a + b) / (1 / n + 1 / m),
    degrees: (a + b) ** 2 / (a ** 2 / first.degrees + b ** 2 / second.degrees),
  }
}

/** A two-sided p of the normal distribution as one of Student's t, for a variance that is known with these degrees of freedom. */
export function studentised(p: number, degrees: number): number {
  if (degrees === Infinity || p === 0) return p
  return studentTwoSided(-normalQuantile(p / 2), degrees)
}

/** The confidence with which a normal interval reaches as far as Student's. */
export function studentisedConfidence(confidence: number, degrees: number): number {
  if (degrees === Infinity) return confidence
  return 2 * normalCdf(studentReach(1 - confidence, degrees)) - 1
}
