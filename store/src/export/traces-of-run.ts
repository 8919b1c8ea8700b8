import { indexedRuns } from '../latest-runs.ts'
import { traceOfRunId } from '../run-model/assign-runs.ts'
import { rows, type Store } from '../store.ts'

/**
 * The traces that a run is part of, 32 hex digits each: as settling found them, as the spans declared, and the one that
 * a run's id begins with where the wire did not declare another; it may hold no span.
 */
export async function findTracesOfRun(
  store: Store,
  { runId, project = store.project }: { runId: string; project?: string },
): Promise<string[]> {
  const own = traceOfRunId(runId)
  const found = await rows<{ traceId: string }>(store, SELECT_TRACES, { project, runId })
  const traceIds = found.map(({ traceId }) => traceId)
  return own === undefined || traceIds.includes(own) ? traceIds : [...traceIds, own]
}

const SELECT_TRACES = `
  SELECT DISTINCT lower(hex(trace_id)) AS traceId
  FROM (
    SELECT arrayJoin(trace_ids) AS trace_id FROM ${indexedRuns('run', '{runId:String}')} AS run
    WHERE is_deleted = 0 AND run_id = {runId:String}
    UNION ALL
    SELECT trace_id FROM run_traces WHERE project = {project:String} AND run_id = {runId:String}
  )
  ORDER BY traceId`
