import type { SideStats } from './side-queries.ts'

/** One run, or one step of a run, as the tests see it. */
export interface Observation {
  /** Nanoseconds. */
  readonly duration: number
  readonly succeeded: boolean
  /** Runs of one key belong together: they share a case, a user or a session. 0: it stands alone. */
  readonly key: number
}

/** What SQL counts of a side, counted of observations. */
export function statsOf(observations: readonly Observation[]): SideStats {
  const durations = Float64Array.from(successful(observations)).sort()
  const at = (level: number) => durations[Math.floor(level * durations.length)] ?? null
  return {
    n: observations.length,
    succeeded: durations.length,
    p50Ns: at(0.5),
    p95Ns: at(0.95),
    p99Ns: at(0.99),
  }
}

/** Durations of the successful ones. */
export function successful(observations: readonly Observation[]): number[] {
  return observations.flatMap(({ duration, succeeded }) => (succeeded ? [duration] : []))
}
