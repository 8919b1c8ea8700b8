import { countMinutes } from '../settle/count-minutes.ts'
import { execute, firstRow, type QueryParams, rows, type Store } from '../store.ts'
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
  for (const { version } of await rows<{ version: string }>(store, DELETED, params)) {
    const settled = BigInt(version)
    await countMinutes(store, { first: settled, again: settled, firstRuns: 0 }, async () => false)
  }
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
  SELECT DISTINCT toString(toUnixTimestamp64Micro(settled)) AS version FROM runs
  WHERE project = {project:String} AND is_deleted AND settled >= toDateTime64({started:String}, 6, 'UTC') AND trace_id ${OF_BATCH}`
