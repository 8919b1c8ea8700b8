import { execute, firstRow, type Store } from '../store.ts'
import { minutesOf, RUN_TOTALS, STEP_TOTALS } from './minute-totals.ts'
import { chartedRanges, IS_CHARTED, type Range, within } from './ranges.ts'
import { TRACE_KEY } from './settled-runs.ts'

/** Runs that a pass settled for the first time. */
export interface Added {
  /** The pass. */
  readonly id: string
  /** In which their spans start. */
  readonly ranges: readonly Range[]
  readonly version: string
  /** Of their rows: each batch of a pass has one. */
  readonly versions: readonly string[]
}

/**
 * Adds the runs that a pass settled for the first time, as a slice of their minutes. A pass that is repeated finds their
 * rows in `runs` and rebuilds the minutes, whether or not this one came so far.
 * @returns false if a minute was rebuilt meanwhile: what was added may have been seen there, and it has to be rebuilt
 */
export async function addMinutes(store: Store, { id, ranges, version, versions }: Added): Promise<boolean> {
  const params = { batch: id, version, versions }
  await execute(store, addSql('run_minutes', RUN_TOTALS), params)
  await execute(store, addSql('step_minutes', STEP_TOTALS), params)
  const minutes = within(chartedRanges(ranges))
  const found = await firstRow<{ rebuilt: number }>(
    store,
    `SELECT count() AS rebuilt FROM run_minutes
    WHERE slice = 0 AND settled >= toDateTime64({version:String}, 6, 'UTC') AND ${minutes.minute}`,
    { version, ...minutes.params },
  )
  return !found?.rebuilt
}

/** The rows' `settled` is the time after the runs were written: a rebuild that is as late or later has seen them. */
function addSql(table: string, totals: typeof RUN_TOTALS): string {
  return `
  INSERT INTO ${table} (${totals.columns}, settled, slice)
  WITH added AS (
    SELECT * FROM runs
    WHERE settled IN (SELECT toDateTime64(arrayJoin({versions:Array(String)}), 6, 'UTC'))
      AND ${TRACE_KEY} NOT IN (SELECT trace_key FROM settling_known WHERE batch = {batch:UUID})
      AND ${IS_CHARTED}
  )
  SELECT
    *, now64(6, 'UTC') AS settled, toUInt64(toUnixTimestamp64Micro(toDateTime64({version:String}, 6, 'UTC'))) AS slice
  FROM (${minutesOf('added', totals)})`
}
