import type { RunRecord, Status, StepRecord } from '../run-record.ts'
import type { QueryParams, Store } from '../store.ts'

/** The parallel `step_*` arrays of a run. */
export interface StepColumns {
  readonly stepNames: readonly string[]
  readonly stepOccurrences: readonly number[]
  readonly stepKinds: readonly string[]
  readonly stepStatuses: readonly Status[]
  readonly stepStartsNs: readonly number[]
  readonly stepDurationsNs: readonly number[]
  readonly stepAttempts: readonly number[]
  readonly stepFallbacks: readonly number[]
  readonly stepParents: readonly number[]
}

/** SQL: {@link StepColumns} from `runs AS run`. */
export const STEP_COLUMNS = `
      run.step_names AS stepNames, run.step_occurrences AS stepOccurrences, run.step_kinds AS stepKinds,
      run.step_statuses AS stepStatuses, run.step_starts_ns AS stepStartsNs, run.step_durations_ns AS stepDurationsNs,
      run.step_attempts AS stepAttempts, run.step_fallbacks AS stepFallbacks, run.step_parents AS stepParents`

export function toSteps(row: StepColumns): StepRecord[] {
  return row.stepNames.map((name, i) => ({
    name,
    occurrence: row.stepOccurrences[i]!,
    kind: row.stepKinds[i]!,
    status: row.stepStatuses[i]!,
    startNs: row.stepStartsNs[i]!,
    durationNs: row.stepDurationsNs[i]!,
    attempts: row.stepAttempts[i]!,
    fallback: row.stepFallbacks[i] === 1,
    parent: row.stepParents[i]!,
  }))
}

type RecordRow = Omit<RunRecord, 'steps' | 'startUnixNano'> & StepColumns & { readonly startNs: string }

/** Ids travel in the URL of the query: as many as fit into any server's limit. */
const IDS_PER_QUERY = 100

interface RunIds {
  readonly project?: string
  readonly runIds: readonly string[]
}

/** Runs for checks, scorers and comparisons; unknown ids are left out. Ordered by start. */
export async function getRunRecords(
  store: Store,
  params: RunIds | { readonly project?: string; readonly experimentId: string },
): Promise<RunRecord[]> {
  const found = 'experimentId' in params ? readExperiment(store, params) : readRunRecords(store, params)
  const records: RunRecord[] = []
  for await (const record of found) records.push(record)
  return records.sort((a, b) => Number(a.startUnixNano - b.startUnixNano) || (a.runId < b.runId ? -1 : 1))
}

/** The same one by one, in no order: inputs and outputs can be large, and need not be in memory together. */
export async function* readRunRecords(store: Store, params: RunIds): AsyncGenerator<RunRecord> {
  const { project = store.project } = params
  const ids = [...new Set(params.runIds)]
  for (let i = 0; i < ids.length; i += IDS_PER_QUERY) {
    const runIds = ids.slice(i, i + IDS_PER_QUERY)
    yield* select(store, 'run_id IN {runIds:Array(String)}', { project, runIds })
  }
}

function readExperiment(
  store: Store,
  { project = store.project, experimentId }: { readonly project?: string; readonly experimentId: string },
): AsyncGenerator<RunRecord> {
  return select(store, 'experiment_id = {experimentId:String}', { project, experimentId })
}

async function* select(store: Store, where: string, params: QueryParams): AsyncGenerator<RunRecord> {
  const result = await store.client.query({
    query: `SELECT
      run.run_id AS runId, lower(hex(run.trace_id)) AS traceId, run.flow AS flow, run.version AS version,
      run.environment AS environment, run.source AS source, run.status AS status, toBool(run.incomplete) AS incomplete,
      toString(toUnixTimestamp64Nano(run.start)) AS startNs, run.duration_ns AS durationNs,
      run.experiment_id AS experimentId, run.case_id AS caseId, run.trial AS trial, run.input AS input,
      run.output AS output, run.error_type AS errorType, run.error_message AS errorMessage,
      run.input_tokens AS inputTokens, run.output_tokens AS outputTokens, run.cost AS cost,
      ${STEP_COLUMNS}
    FROM runs AS run FINAL
    WHERE project = {project:String} AND ${where}`,
    query_params: { ...params },
    format: 'JSONEachRow',
  })
  for await (const some of result.stream<RecordRow>()) {
    for (const row of some) yield toRecord(row.json())
  }
}

function toRecord(row: RecordRow): RunRecord {
  const { runId, traceId, flow, version, environment, source, status, incomplete, durationNs } = row
  const { experimentId, caseId, trial, input, output, errorType, errorMessage } = row
  const { inputTokens, outputTokens, cost } = row
  return {
    ...{ runId, traceId, flow, version, environment, source, status, incomplete },
    startUnixNano: BigInt(row.startNs),
    ...{ durationNs, experimentId, caseId, trial, input, output, errorType, errorMessage },
    ...{ inputTokens, outputTokens, cost },
    steps: toSteps(row),
  }
}
