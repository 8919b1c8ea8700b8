import type { Status } from '../run-model/run.ts'

/** One line of a list of runs: no payloads. */
export interface RunRow {
  readonly runId: string
  readonly traceId: string
  readonly parentRunId: string
  readonly flow: string
  readonly version: string
  readonly environment: string
  readonly service: string
  readonly source: 'production' | 'experiment'
  readonly status: Status
  readonly incomplete: boolean
  /** As `Run.lostSteps`. */
  readonly lostSteps: number
  readonly startUnixNano: bigint
  readonly startMs: number
  /** How far its start is ahead of its receipt, where that is more than a day: the clock of its machine is wrong. Else 0. */
  readonly aheadMs: number
  readonly durationNs: number
  readonly sessionId: string
  readonly userId: string
  readonly experimentId: string
  readonly caseId: string
  readonly trial: number
  readonly errorType: string
  readonly errorMessage: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: number
  /** As `Usage.unpricedTokens`. */
  readonly unpricedTokens: number
  readonly spanCount: number
  readonly errorCount: number
  readonly stepCount: number
}

/** A row as {@link RUN_ROW} selects it. */
export type SelectedRunRow = Omit<RunRow, 'startUnixNano' | 'startMs' | 'aheadMs'> & {
  readonly startNs: string
  readonly settledMs: number
}

const DAY_MS = 86_400_000

/** SQL: the beginning of a text, at most `most` characters; one that is cut ends in "…". */
function glance(column: string, most: number): string {
  return `if(lengthUTF8(${column}) > ${most}, concat(substringUTF8(${column}, 1, ${most - 1}), '…'), ${column})`
}

/** SQL: the columns of a {@link SelectedRunRow} from `runs AS run`. */
export const RUN_ROW: string = `
      run.run_id AS runId, lower(hex(run.trace_id)) AS traceId, run.parent_run_id AS parentRunId, run.flow AS flow,
      run.version AS version, run.environment AS environment, run.service AS service, run.source AS source,
      run.status AS status, toBool(run.incomplete) AS incomplete, run.lost_steps AS lostSteps, toString(toUnixTimestamp64Nano(run.start)) AS startNs,
      toUnixTimestamp64Milli(run.settled) AS settledMs,
      run.duration_ns AS durationNs, run.session_id AS sessionId, run.user_id AS userId,
      run.experiment_id AS experimentId, run.case_id AS caseId, run.trial AS trial, run.error_type AS errorType,
      ${glance('run.error_message', 500)} AS errorMessage, run.input_tokens AS inputTokens,
      run.output_tokens AS outputTokens, run.cost AS cost, run.unpriced_tokens AS unpricedTokens, run.span_count AS spanCount,
      run.error_count AS errorCount, length(run.step_names) AS stepCount`

/** A run settles within seconds of the receipt of its newest span. */
export function toRunRow<T extends SelectedRunRow>(row: T): Omit<T, 'startNs' | 'settledMs'> & RunRow {
  const { startNs, settledMs, ...rest } = row
  const startUnixNano = BigInt(startNs)
  const startMs = Number(startUnixNano / 1000n) / 1000
  const aheadMs = startMs - settledMs > DAY_MS ? startMs - settledMs : 0
  return { ...rest, startUnixNano, startMs, aheadMs }
}

/** As programs get it: nanoseconds are more than a number of JSON can hold. */
export type RunRowJson = Omit<RunRow, 'startUnixNano'> & { readonly startUnixNano: string }

export function toRunRowJson({ startUnixNano, ...run }: RunRow): RunRowJson {
  return { ...run, startUnixNano: String(startUnixNano) }
}
