import { execute, firstRow, type QueryParams, type Store } from '../store.ts'
import { minutesOf, RUN_TOTALS, STEP_TOTALS, type Totals } from './minute-totals.ts'
import { chartedRanges, type Range, type Within, within } from './ranges.ts'

/** Traces whose runs' minutes are to be rebuilt: of a batch. */
export interface Touched {
  readonly id: string
  /** In which their spans start. */
  readonly ranges: readonly Range[]
}

/**
 * Makes the per-minute totals exact again for every flow and minute in which the traces have, or had, a run. A minute to
 * which another pass added meanwhile is rebuilt again: what was added may have been seen already.
 */
export async function rebuildMinutes(store: Store, touched: readonly Touched[]): Promise<void> {
  const ranges = chartedRanges(touched.flatMap((batch) => batch.ranges))
  if (ranges.length === 0) return
  const minutes = within(ranges)
  const batches = touched.map(({ id }) => id)
  for (;;) {
    // Taken after the runs were written: of two rebuilds of a minute the later one has seen the runs of both.
    const clock = await firstRow<{ version: string }>(store, versionSql(minutes), minutes.params)
    const params = { batches, ...minutes.params, version: clock?.version }
    await rebuild(store, 'run_minutes', RUN_TOTALS, minutes, params)
    await rebuild(store, 'step_minutes', STEP_TOTALS, minutes, params)
    const added = await firstRow<{ added: number }>(store, countAddedSql(minutes), params)
    if (!added?.added) return
  }
}

/** The clock, but later than what it replaces: the clock may have been set back since. */
const versionSql = ({ minute }: Within): string => `
  SELECT toString(greatest(now64(6, 'UTC'), max(newest) + INTERVAL 1 MICROSECOND)) AS version
  FROM (
    SELECT max(settled) AS newest FROM run_minutes WHERE ${minute} AND settled >= now64(6, 'UTC')
    UNION ALL
    SELECT max(settled) FROM step_minutes WHERE ${minute} AND settled >= now64(6, 'UTC')
  )`

async function rebuild(
  store: Store,
  table: string,
  totals: Totals,
  minutes: Within,
  params: QueryParams,
): Promise<void> {
  await execute(store, rebuildSql(table, totals, minutes), params)
  await execute(store, deleteOutdatedSql(table, minutes), params)
}

/** Not FINAL: the rows of deleted runs remain in the table and name the minutes that they left. */
const touchedSql = ({ start }: Within): string => `
  touched AS (
    SELECT DISTINCT project, flow, toStartOfMinute(start) AS minute
    FROM runs
    WHERE (project, trace_id) IN (SELECT project, trace_id FROM settling_traces WHERE batch IN {batches:Array(UUID)})
      AND ${start}
  )`

const runsOfMinutesSql = ({ start }: Within): string => `
  runs_of_minutes AS (
    SELECT * FROM runs FINAL
    WHERE (project, flow, toStartOfMinute(start)) IN touched AND ${start}
  )`

/**
 * With the setting \`toStartOfMinute\` does not wrap around: where it does, ClickHouse takes it for monotonic nevertheless, and
 * skips granules of \`runs\` in which one run starts after 2106.
 */
function rebuildSql(table: string, totals: Totals, minutes: Within): string {
  return `
  INSERT INTO ${table} (${totals.columns}, settled)
  SETTINGS enable_extended_results_for_datetime_functions = 1
  WITH ${touchedSql(minutes)}, ${runsOfMinutesSql(minutes)}
  SELECT *, toDateTime64({version:String}, 6, 'UTC') FROM (${minutesOf('runs_of_minutes', totals)})`
}

/** Groups of a touched minute that the rebuild did not write again, and slices, whose runs it has seen. */
function deleteOutdatedSql(table: string, minutes: Within): string {
  return `
  INSERT INTO ${table}
  WITH ${touchedSql(minutes)}
  SELECT * REPLACE (1 AS is_deleted, toDateTime64({version:String}, 6, 'UTC') AS settled)
  FROM ${table} AS old FINAL
  WHERE (project, flow, minute) IN touched AND ${minutes.minute} AND old.settled < toDateTime64({version:String}, 6, 'UTC')`
}

/** Slices of passes that were under way while the runs were read. */
const countAddedSql = (minutes: Within): string => `
  WITH ${touchedSql(minutes)}
  SELECT count() AS added FROM run_minutes FINAL
  WHERE slice != 0 AND settled >= toDateTime64({version:String}, 6, 'UTC') 
    AND (project, flow, minute) IN touched AND ${minutes.minute}`
