import type { RunRecord, Status, StepRecord } from '../run-record.ts'
import { rows, type Store } from '../store.ts'

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

/** Runs for checks, scorers and comparisons; unknown ids are left out. Ordered by start. */
export async function getRunRecords(
  store: Store,
  params: { project?: string; runIds: readonly string[] } | { project?: string; experimentId: string },
): Promise<RunRecord[]> {
  const project = params.project ?? store.project
  if ('experimentId' in params) {
    return select(store, 'experiment_id = {experimentId:String}', {
      project,
      experimentId: params.experimentId,
    })
  }
  const records: RunRecord[] = []
  const ids = [...new Set(params.runIds)]
  for (let i = 0; i < ids.length; i += IDS_PER_QUERY) {
    const runIds = ids.slice(i, i + IDS_PER_QUERY)
    records.push(...(await select(store, 'run_id IN {runIds:Array(String)}', { project, runIds })))
  }
  return records.sort((a, b) => Number(a.startUnixNano - b.startUnixNano) || (a.runId < b.runId ? -1 : 1))
}

async function select(store: Store, where: string, params: Record<string, unknown>): Promise<RunRecord[]> {
  const found = await rows<RecordRow>(
    store,
    `SELECT
      run.run_id AS runId, lower(hex(run.trace_id)) AS traceId, run.flow AS flow, run.version AS version,
      run.environment AS environment, run.source AS source, run.status AS status, toBool(run.incomplete) AS incomplete,
      toString(toUnixTimestamp64Nano(run.start)) AS startNs, run.duration_ns AS durationNs,
      run.experiment_id AS experimentId, run.case_id AS caseId, run.trial AS trial, run.input AS input,
      run.output AS output, run.error_type AS errorType, run.error_message AS errorMessage,
      run.input_tokens AS inputTokens, run.output_tokens AS outputTokens, run.cost AS cost,
      ${STEP_COLUMNS}
    FROM runs AS run FINAL
    WHERE project = {project:String} AND ${where}
    ORDER BY run.start, run.run_id`,
    params,
  )
  return found.map(toRecord)
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
