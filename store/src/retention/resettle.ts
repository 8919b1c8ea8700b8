import { setTimeout as sleep } from 'node:timers/promises'
import { IS_OPEN } from '../settle/open-passes.ts'
import { execute, firstRow, rows, type Store } from '../store.ts'
import { deleteRows } from './delete-rows.ts'
import { OF_BATCH, type Removal } from './removals.ts'

const POLL_MS = 200

/** Waits until every pass has ended that may have read spans before they were removed. */
export async function untilPassesEnd(store: Store): Promise<void> {
  const clock = await firstRow<{ now: string }>(store, `SELECT toString(now64(6, 'UTC')) AS now`)
  while ((await rows(store, OPEN, { until: clock!.now })).length > 0) await sleep(POLL_MS)
}

const OPEN = `
  SELECT version FROM settling_passes
  WHERE version <= toDateTime64({until:String}, 6, 'UTC')
  GROUP BY settler, version
  HAVING ${IS_OPEN}
  LIMIT 1`

/**
 * Spans that came late, while their trace was being removed, may have been settled together with spans that are gone now. Their
 * runs are derived again from what is stored.
 */
export async function resettle(store: Store, removal: Removal): Promise<void> {
  const { project, batch, started } = removal
  await execute(store, MARK, { project, batch, started })
  await deleteRows(store, removal, OF_LATE)
}

const SETTLED_SINCE = `settled >= toDateTime64({started:String}, 6, 'UTC')`
/** Their root's trace, or another one of theirs. */
const OF_LATE = `${SETTLED_SINCE} AND (flow, start, run_id) IN (
      SELECT flow, start, run_id FROM (
        SELECT flow, start, run_id, arrayJoin(trace_ids) AS trace FROM runs FINAL
        WHERE project = {project:String} AND ${SETTLED_SINCE})
      WHERE trace ${OF_BATCH})`

/** As if a span had come for each of the traces that have some. */
const MARK = `
  INSERT INTO unsettled_traces (project, trace_id, reason, received, pending)
  SELECT DISTINCT {project:String}, trace_id, 'spans', now64(3, 'UTC'), 1 FROM spans
  WHERE project = {project:String} AND (trace_id ${OF_BATCH}
    OR trace_id IN (SELECT arrayJoin(trace_ids) FROM runs FINAL WHERE project = {project:String} AND ${OF_LATE}))`
