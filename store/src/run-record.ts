/** Status of a run or step. A fallback that succeeds is `ok` with `fallback` set. */
export type Status =
  | 'running'
  | 'ok'
  | 'error'
  | 'suspended'
  | 'cancelled'
  | 'expired'
  | 'replayed'
  | 'skipped'

/** One step execution of a run: (label, occurrence). Its last attempt decided status. */
export interface StepRecord {
  readonly name: string
  /** 0..n within the run, per name. */
  readonly occurrence: number
  readonly kind: string
  readonly status: Status
  /** Nanoseconds from the run's start. */
  readonly startNs: number
  readonly durationNs: number
  /** Tries made, 1..n. */
  readonly attempts: number
  readonly fallback: boolean
  /** Index of the enclosing step execution in {@link RunRecord.steps}, -1 for none. */
  readonly parent: number
}

/** A recorded run as checks, scorers and comparisons see it; one row of `runs`. */
export interface RunRecord {
  readonly runId: string
  /** 32 hex digits. */
  readonly traceId: string
  readonly flow: string
  readonly version: string
  readonly environment: string
  readonly source: 'production' | 'experiment'
  readonly status: Status
  /** The root is missing or has not ended. */
  readonly incomplete: boolean
  /** Nanoseconds since 1970. */
  readonly startUnixNano: bigint
  readonly durationNs: number
  readonly experimentId: string
  readonly caseId: string
  readonly trial: number
  /** JSON text or plain text as recorded; '' if nothing was recorded. */
  readonly input: string
  readonly output: string
  readonly errorType: string
  readonly errorMessage: string
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars. */
  readonly cost: number
  /** Ordered by start. */
  readonly steps: readonly StepRecord[]
}
