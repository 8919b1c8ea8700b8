import type { Status } from '../run-record.ts'

/** What a page looks at. The window is half open: `from` <= start < `to`. */
export interface RunFilter {
  /** Default: the store's project. */
  readonly project?: string | undefined
  readonly from: Date
  readonly to: Date
  readonly flow?: string | undefined
  readonly environment?: string | undefined
  readonly version?: string | undefined
  readonly service?: string | undefined
  readonly source?: 'production' | 'experiment' | undefined
  readonly status?: Status | undefined
}

/** What is counted of any group of runs. Durations are nanoseconds, rates 0..1, cost US dollars. */
export interface RunTotals {
  readonly runs: number
  /** Runs with status error or expired. */
  readonly errors: number
  readonly errorRate: number
  /** Of runs that have ended; 0 without one. */
  readonly p50Ns: number
  readonly p95Ns: number
  readonly p99Ns: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: number
}
