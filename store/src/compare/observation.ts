import { type Clusters, toClusters } from '../statistics/effective-size.ts'
import type { SideStats } from './side-queries.ts'

/** One run, or one step of a run, as the tests see it. */
export interface Observation {
  /** Nanoseconds. */
  readonly duration: number
  readonly succeeded: boolean
  /** Runs of one key belong together: they share a case, a user or a session. 0: it stands alone. */
  readonly key: number
  /** What it is compared within, where the comparison is adjusted. */
  readonly stratum?: string
}

/** What SQL counts of a side, counted of observations. */
export function statsOf(observations: readonly Observation[]): SideStats {
  const durations = Float64Array.from(
    observations.filter(({ succeeded }) => succeeded),
    ({ duration }) => duration,
  ).sort()
  const at = (level: number) => durations[Math.floor(level * durations.length)] ?? null
  return {
    n: observations.length,
    succeeded: durations.length,
    p50Ns: at(0.5),
    p95Ns: at(0.95),
    p99Ns: at(0.99),
  }
}

/** Durations in nanoseconds, in the order in which the runs started; infinite for a failure. */
export interface Series {
  readonly values: readonly number[]
  readonly clusters: Clusters
}

export function toSeries(observations: readonly Observation[]): Series {
  return {
    values: observations.map(({ duration, succeeded }) => (succeeded ? positive(duration) : Infinity)),
    clusters: toClusters(observations.map(({ key }) => key)),
  }
}

/** A duration of 0 ns is shorter than the clock can tell, and has no logarithm. */
export function positive(durationNs: number): number {
  return Math.max(1, durationNs)
}
