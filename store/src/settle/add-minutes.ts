import { execute, firstRow, type Store } from '../store.ts'
import type { Range } from './batch.ts'
import { minutesOf, RUN_TOTALS, STEP_TOTALS } from './minute-totals.ts'
import { TRACE_KEY } from './settled-runs.ts'

/** Runs that a pass settled for the first time. */
export interface Added extends Range {
  /** The pass. */
  readonly id: string
  readonly version: string
  /** Of their rows: each batch of a pass has one. */
  readonly versions: readonly string[]
}

/**
 * Adds the runs that a pass settled for the first time, as a slice of their minutes. A pass that is repeated finds their
 * rows in `runs` and rebuilds the minutes, whether or not this one came so far.
 * @returns false if a minute was rebuilt meanwhile: what was added may have been seen there, and it has to be rebuilt
 */
export async function addMinutes(store: Store, { id, ...added }: Added): Promise<boolean> {
  const params = { batch: id, ...added }
  await execute(store, addSql('run_minutes', RUN_TOTALS), params)
  await execute(store, addSql('step_minutes', STEP_TOTALS), params)
  return !(await firstRow<{ rebuilt: number }>(store, COUNT_REBUILT, params))?.rebuilt
}

/** The rows' `settled` is the time after the runs were written: a rebuild that is as late or later has seen them. */
function addSql(table: string, totals: typeof RUN_TOTALS): string {
  return `
  INSERT INTO ${table} (${totals.columns}, settled, slice)
  WITH added AS (
    SELECT * FROM runs
    WHERE settled IN (SELECT toDateTime64(arrayJoin({versions:Array(String)}), 6, 'UTC'))
      AND ${TRACE_KEY} NOT IN (SELECT trace_key FROM settling_known WHERE batch = {batch:UUID})
  )
  SELECT
    *, now64(6, 'UTC') AS settled, toUInt64(toUnixTimestamp64Micro(toDateTime64({version:String}, 6, 'UTC'))) AS slice
  FROM (${minutesOf('added', totals)})`
}

const COUNT_REBUILT = `
  SELECT count() AS rebuilt FROM run_minutes
  WHERE slice = 0 AND settled >= toDateTime64({version:String}, 6, 'UTC')
    AND minute >= toStartOfMinute(toDateTime64({from:String}, 9, 'UTC'))
    AND minute <= toStartOfMinute(toDateTime64({to:String}, 9, 'UTC'))`
