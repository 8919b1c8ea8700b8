import { setTimeout as sleep } from 'node:timers/promises'
import { execute, firstRow, type Store } from '../store.ts'
import { deleteRows } from './delete-rows.ts'
import { OF_BATCH, type Removal } from './removals.ts'

/** A pass that takes longer has died: what it did not check off is settled again from what is stored. */
const LONGEST_PASS_MS = 120_000
const POLL_MS = 200

/** Waits until every pass has ended that may have read spans before they were removed. */
export async function untilPassesEnd(store: Store): Promise<void> {
  const clock = await firstRow<{ now: string }>(store, `SELECT toString(now64(6, 'UTC')) AS now`)
  const deadline = performance.now() + LONGEST_PASS_MS
  while (performance.now() < deadline) {
    const open = await firstRow<{ passes: number }>(store, OPEN, { until: clock!.now })
    if (!open?.passes) return
    await sleep(POLL_MS)
  }
}

const OPEN = `
  SELECT count() AS passes FROM (
    SELECT version FROM settling_passes
    WHERE said >= now64(6, 'UTC') - toIntervalMillisecond(${LONGEST_PASS_MS})
    GROUP BY version, settler
    HAVING max(is_done) = 0 AND min(said) <= toDateTime64({until:String}, 6, 'UTC'))`

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
