/** The metrics of a step: share of runs in which it succeeded, its typical duration, and its tails. */
export type Metric = 'success' | 'duration' | 'p95' | 'p99'

/** What a verdict needs; every threshold of a comparison is here. */
export const COMPARISON_RULE: {
  readonly q: number
  readonly ratio: number
  readonly durationNs: number
  readonly rate: number
  readonly minimum: Readonly<Record<Metric, number>>
  readonly sampleSize: number
  readonly windowDays: number
  readonly maxSteps: number
} = {
  /** Largest share of false verdicts among all verdicts of a comparison. */
  q: 0.05,
  /** Durations, and failure rates, must differ by this factor, up or down. */
  ratio: 1.1,
  /** Durations must also differ by this much. */
  durationNs: 1_000_000,
  /** Success rates must also differ by this much. */
  rate: 0.01,
  /** Fewest runs per side on which a metric is tested. */
  minimum: { success: 30, duration: 30, p95: 200, p99: 1000 },
  /** About how many durations per step and side the tests see at most. */
  sampleSize: 5000,
  /** The window of a side that names none. */
  windowDays: 7,
  /** The most frequent steps that a comparison shows. */
  maxSteps: 200,
}
