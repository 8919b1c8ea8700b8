import { execute, firstRow, type QueryParams, type Store } from '../store.ts'
import { type Range, rangeOf } from './batch.ts'
import { minutesOf, RUN_TOTALS, STEP_TOTALS, type Totals } from './minute-totals.ts'

/** Traces whose runs' minutes are to be rebuilt: of a batch. */
export interface Touched extends Range {
  readonly id: string
}

/**
 * Makes the per-minute totals exact again for every flow and minute in which the traces have, or had, a run. A minute to
 * which another pass added meanwhile is rebuilt again: what was added may have been seen already.
 */
export async function rebuildMinutes(store: Store, touched: readonly Touched[]): Promise<void> {
  if (touched.length === 0) return
  const range = rangeOf(touched)
  const batches = touched.map(({ id }) => id)
  for (;;) {
    // Taken after the runs were written: of two rebuilds of a minute the later one has seen the runs of both.
    const clock = await firstRow<{ version: string }>(store, `SELECT toString(now64(6, 'UTC')) AS version`)
    const params = { batches, ...range, version: clock?.version }
    await rebuild(store, 'run_minutes', RUN_TOTALS, params)
    await rebuild(store, 'step_minutes', STEP_TOTALS, params)
    const added = await firstRow<{ added: number }>(store, COUNT_ADDED, params)
    if (!added?.added) return
  }
}

async function rebuild(store: Store, table: string, totals: Totals, params: QueryParams): Promise<void> {
  await execute(store, rebuildSql(table, totals), params)
  await execute(store, deleteOutdated(table), params)
}

/**
 * Bounds have the column's own type: a filter that compares a DateTime64 key with a DateTime loses rows of the last second.
 * Not FINAL: the rows of deleted runs remain in the table and name the minutes that they left.
 */
const TOUCHED = `
  touched AS (
    SELECT DISTINCT project, flow, toStartOfMinute(start) AS minute
    FROM runs
    WHERE (project, trace_id) IN (SELECT project, trace_id FROM settling_traces WHERE batch IN {batches:Array(UUID)})
      AND start BETWEEN toDateTime64({from:String}, 9, 'UTC') AND toDateTime64({to:String}, 9, 'UTC')
  )`

const RUNS_OF_MINUTES = `
  runs_of_minutes AS (
    SELECT * FROM runs FINAL
    WHERE (project, flow, toStartOfMinute(start)) IN touched
      AND start >= toDateTime64(toStartOfMinute(toDateTime64({from:String}, 9, 'UTC')), 9, 'UTC')
      AND start < toDateTime64(toStartOfMinute(toDateTime64({to:String}, 9, 'UTC')) + INTERVAL 1 MINUTE, 9, 'UTC')
  )`

function rebuildSql(table: string, totals: Totals): string {
  return `
  INSERT INTO ${table} (${totals.columns}, settled)
  WITH ${TOUCHED}, ${RUNS_OF_MINUTES}
  SELECT *, toDateTime64({version:String}, 6, 'UTC') FROM (${minutesOf('runs_of_minutes', totals)})`
}

const OF_TOUCHED = `(project, flow, minute) IN touched
    AND minute >= toStartOfMinute(toDateTime64({from:String}, 9, 'UTC'))
    AND minute <= toStartOfMinute(toDateTime64({to:String}, 9, 'UTC'))`

/** Groups of a touched minute that the rebuild did not write again, and slices, whose runs it has seen. */
function deleteOutdated(table: string): string {
  return `
  INSERT INTO ${table}
  WITH ${TOUCHED}
  SELECT * REPLACE (1 AS is_deleted, toDateTime64({version:String}, 6, 'UTC') AS settled)
  FROM ${table} AS old FINAL
  WHERE ${OF_TOUCHED} AND old.settled < toDateTime64({version:String}, 6, 'UTC')`
}

/** Slices of passes that were under way while the runs were read. */
const COUNT_ADDED = `
  WITH ${TOUCHED}
  SELECT count() AS added FROM run_minutes FINAL
  WHERE slice != 0 AND settled >= toDateTime64({version:String}, 6, 'UTC') AND ${OF_TOUCHED}`
