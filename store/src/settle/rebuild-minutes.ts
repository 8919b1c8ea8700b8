import { execute, firstRow, type QueryParams, type Store } from '../store.ts'
import type { Batch } from './batch.ts'

/** Makes the per-minute totals exact again for every flow and minute in which the batch has, or had, a run. */
export async function rebuildMinutes(store: Store, batch: Batch): Promise<void> {
  // Taken after the runs were written: of two rebuilds of a minute the later one has seen the runs of both.
  const clock = await firstRow<{ version: string }>(store, `SELECT toString(now64(6, 'UTC')) AS version`)
  const params = { batch: batch.id, from: batch.from, to: batch.to, version: clock?.version }
  await rebuild(store, 'run_minutes', REBUILD_RUN_MINUTES, params)
  await rebuild(store, 'step_minutes', REBUILD_STEP_MINUTES, params)
}

async function rebuild(store: Store, table: string, sql: string, params: QueryParams): Promise<void> {
  await execute(store, sql, params)
  await execute(store, deleteVanished(table), params)
}

/**
 * Bounds have the column's own type: a filter that compares a DateTime64 key with a DateTime loses rows of the last second.
 * Not FINAL: the rows of deleted runs remain in the table and name the minutes that they left.
 */
const TOUCHED = `
  touched AS (
    SELECT DISTINCT project, flow, toStartOfMinute(start) AS minute
    FROM runs
    WHERE (project, trace_id) IN (SELECT project, trace_id FROM settling_traces WHERE batch = {batch:UUID})
      AND start BETWEEN toDateTime64({from:String}, 9, 'UTC') AND toDateTime64({to:String}, 9, 'UTC')
  ),
  runs_of_minutes AS (
    SELECT * FROM runs FINAL
    WHERE (project, flow, toStartOfMinute(start)) IN touched
      AND start >= toDateTime64(toStartOfMinute(toDateTime64({from:String}, 9, 'UTC')), 9, 'UTC')
      AND start < toDateTime64(toStartOfMinute(toDateTime64({to:String}, 9, 'UTC')) + INTERVAL 1 MINUTE, 9, 'UTC')
  )`

const REBUILD_RUN_MINUTES = `
  INSERT INTO run_minutes (
    project, flow, minute, environment, service, version, source,
    runs, errors, durations, input_tokens, output_tokens, cost, settled
  )
  WITH ${TOUCHED}
  SELECT
    project, flow, toStartOfMinute(start) AS minute, environment, service, version, source,
    count() AS runs,
    countIf(status = 'error') AS errors,
    quantilesDDStateIf(0.01, 0.5, 0.95, 0.99)(duration_ns, NOT incomplete) AS durations,
    sum(input_tokens), sum(output_tokens), sum(cost),
    toDateTime64({version:String}, 6, 'UTC') AS settled
  FROM runs_of_minutes
  GROUP BY project, flow, minute, environment, service, version, source`

const REBUILD_STEP_MINUTES = `
  INSERT INTO step_minutes (
    project, flow, minute, environment, service, version, source, step, kind,
    executions, errors, retried, fallbacks, start_offset_sum, durations, settled
  )
  WITH ${TOUCHED}
  SELECT
    project, flow, toStartOfMinute(start) AS minute, environment, service, version, source, step, kind,
    count() AS executions,
    countIf(step_status = 'error') AS errors,
    countIf(attempts > 1) AS retried,
    countIf(fallback) AS fallbacks,
    sum(toFloat64(offset)) AS start_offset_sum,
    quantilesDDStateIf(0.01, 0.5, 0.95, 0.99)(step_duration_ns, step_status IN ('ok', 'error')) AS durations,
    toDateTime64({version:String}, 6, 'UTC') AS settled
  FROM runs_of_minutes
  ARRAY JOIN
    step_names AS step, step_kinds AS kind, step_statuses AS step_status, step_durations_ns AS step_duration_ns,
    step_attempts AS attempts, step_fallbacks AS fallback, step_starts_ns AS offset
  GROUP BY project, flow, minute, environment, service, version, source, step, kind`

/** Groups of a touched minute that the rebuild did not write again. */
function deleteVanished(table: string): string {
  return `
  INSERT INTO ${table}
  WITH ${TOUCHED}
  SELECT * REPLACE (1 AS is_deleted, toDateTime64({version:String}, 6, 'UTC') AS settled)
  FROM ${table} AS old FINAL
  WHERE (project, flow, minute) IN touched AND old.settled < toDateTime64({version:String}, 6, 'UTC')
    AND minute >= toStartOfMinute(toDateTime64({from:String}, 9, 'UTC'))
    AND minute <= toStartOfMinute(toDateTime64({to:String}, 9, 'UTC'))`
}
