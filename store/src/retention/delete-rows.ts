import { forEachRow } from '../native/query-native.ts'
import { countMinutes } from '../settle/count-minutes.ts'
import { TouchedMinutes } from '../settle/touched-minutes.ts'
import { execute, firstRow, type QueryParams, type Store } from '../store.ts'
import { OF_BATCH, type Removal } from './removals.ts'

/**
 * Replaces the rows of runs of a batch by deleted ones, as settling does, and counts their minutes again: also those of rows that
 * were deleted before a process died.
 */
export async function deleteRows(store: Store, removal: Removal, where: string): Promise<void> {
  const { project, batch, started } = removal
  const params: QueryParams = { project, batch, started }
  const clock = await firstRow<{ version: string }>(store, versionSql(where), params)
  await execute(store, deleteSql(where), { ...params, ...clock })
  const again = new TouchedMinutes()
  await forEachRow(store, DELETED, params, (value) => {
    again.add(project, value('flow') as string, value('start') as bigint)
  })
  const written = { firstRuns: 0, firstVersion: 0n, first: new TouchedMinutes(), again }
  await countMinutes(store, written, {
    wereAway: false,
    isAlone: async () => false,
    areOverlapping: async () => true,
  })
}

/** Later than what it replaces, and than the beginning of the batch: the clock may have been set back. */
const versionSql = (where: string) => `
  SELECT toString(toUnixTimestamp64Micro(greatest(
    now64(6, 'UTC'), toDateTime64({started:String}, 6, 'UTC'), max(settled) + INTERVAL 1 MICROSECOND))) AS version
  FROM runs WHERE project = {project:String} AND ${where}`

const deleteSql = (where: string) => `
  INSERT INTO runs (project, flow, start, run_id, trace_id, settled, is_deleted)
  SELECT project, flow, start, run_id, trace_id, fromUnixTimestamp64Micro({version:Int64}, 'UTC'), 1
  FROM runs FINAL WHERE project = {project:String} AND ${where}`

const DELETED = `
  SELECT flow, min(run.start) AS start FROM runs AS run
  WHERE project = {project:String} AND is_deleted AND settled >= toDateTime64({started:String}, 6, 'UTC') AND trace_id ${OF_BATCH}
  GROUP BY flow, intDiv(toUnixTimestamp64Nano(run.start), 60000000000)`
