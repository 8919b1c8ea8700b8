import { randomUUID } from 'node:crypto'
import { execute, firstRow, type QueryParams, type Store } from '../store.ts'
import { deleteRows } from './delete-rows.ts'
import { keptRuns, UNSETTLED } from './kept-runs.ts'
import { beginRemoval, finishRemoval, OF_BATCH, type Removal } from './removals.ts'
import { resettle, untilPassesEnd } from './resettle.ts'
import { rewriteTable } from './rewrite-table.ts'

/** Runs of a batch: the ids of their traces are in memory while parts are written anew. */
const MOST_RUNS = 500_000

/**
 * Chooses the runs of a project that settled before a time, batch by batch. Runs that share a trace settle together, so they are
 * in one batch; if one of them is kept, all are.
 */
export async function* expireRuns(
  store: Store,
  project: string,
  before: string,
  mostRuns: number = MOST_RUNS,
): AsyncGenerator<Removal> {
  const kept = await keptRuns(store, project)
  for (let from = '1970-01-01 00:00:00', isLast = false; !isLast; ) {
    const params = { ...kept.params, project, from, before, mostRuns }
    const next = await firstRow<{ settled: string }>(store, nextSql(kept.sql), params)
    isLast = next === undefined
    const to = next?.settled ?? before
    const batch = randomUUID()
    await execute(store, expiringSql(kept.sql), { ...params, to, batch })
    await dropShared(store, { ...params, to, batch })
    const counted = await firstRow<Pick<Removal, 'runs' | 'spans' | 'started'>>(store, COUNT, {
      project,
      batch,
    })
    if (counted!.runs > 0) {
      const removal: Removal = { project, batch, kind: 'runs', before, bytes: 0, ...counted! }
      await beginRemoval(store, removal)
      yield removal
    }
    from = to
  }
}

/** The run with which a batch is full. */
const nextSql = (kept: string) => `
  SELECT toString(run.settled) AS settled FROM runs AS run
  WHERE run.project = {project:String} AND run.settled >= toDateTime64({from:String}, 6, 'UTC')
    AND run.settled < toDateTime64({before:String}, 6, 'UTC') AND NOT ${kept}
  ORDER BY run.settled LIMIT 1 OFFSET {mostRuns:UInt32}`

const WITHIN = `run.project = {project:String} AND run.settled >= toDateTime64({from:String}, 6, 'UTC')
    AND run.settled < least(toDateTime64({to:String}, 6, 'UTC') + INTERVAL 2 MICROSECOND, toDateTime64({before:String}, 6, 'UTC'))`

const expiringSql = (kept: string) => `
  INSERT INTO retention_traces (batch, trace_id)
  SELECT {batch:UUID}, trace_id
  FROM (SELECT arrayJoin(run.trace_ids) AS trace_id, ${kept} AS is_kept FROM runs AS run FINAL WHERE ${WITHIN})
  GROUP BY trace_id HAVING NOT max(is_kept) AND trace_id NOT IN (${UNSETTLED})`

/** Takes out the traces of runs of which another trace stays, and so on. */
async function dropShared(store: Store, params: QueryParams): Promise<void> {
  for (;;) {
    const found = await firstRow<{ traces: number }>(
      store,
      `SELECT count() AS traces FROM (${SHARED})`,
      params,
    )
    if (!found?.traces) return
    await execute(
      store,
      `DELETE FROM retention_traces WHERE batch = {batch:UUID} AND trace_id IN (${SHARED})`,
      params,
    )
  }
}

const SHARED = `
    SELECT arrayJoin(expiring) FROM (
      SELECT groupArrayIf(trace_id, trace_id ${OF_BATCH}) AS expiring, count() AS traces
      FROM (SELECT run.flow AS flow, run.start AS start, run.run_id AS run_id, run.trace_id AS root, arrayJoin(run.trace_ids) AS trace_id
        FROM runs AS run FINAL WHERE ${WITHIN} AND length(run.trace_ids) > 1)
      GROUP BY flow, start, run_id, root
      HAVING length(expiring) BETWEEN 1 AND traces - 1)`

const COUNT = `
  SELECT
    (SELECT count() FROM runs FINAL WHERE project = {project:String} AND trace_id ${OF_BATCH}) AS runs,
    (SELECT count() FROM spans FINAL WHERE project = {project:String} AND trace_id ${OF_BATCH}) AS spans,
    toString(now64(6, 'UTC')) AS started`

/**
 * Removes the runs of a batch with everything that is of them: rows of minutes, scores, spans. It can die at any point and be
 * repeated. What was removed is gone from all pages at once; the disk is given back table by table.
 */
export async function removeRuns(store: Store, removal: Removal): Promise<Removal> {
  const { project, batch, started, before } = removal
  const params = { project, batch, started, before }
  await deleteRows(store, removal, `trace_id ${OF_BATCH}`)
  let bytes = 0
  const remove = async (table: Parameters<typeof rewriteTable>[1], where: string) => {
    bytes += await rewriteTable(store, table, `DELETE WHERE project = {project:String} AND ${where}`, params)
  }
  if (await has(store, 'scores', SCORES, params)) await remove('scores', SCORES)
  // A row and the one that deletes it may be in different parts, which are not written anew at the same moment: the row goes first.
  for (const table of ['run_minutes', 'step_minutes'] as const) {
    const empty = emptyMinutes(table)
    if (!(await has(store, table, empty, params))) continue
    await remove(table, `NOT is_deleted AND ${empty}`)
    await remove(table, `is_deleted AND ${empty}`)
  }
  await remove('spans', `received < toDateTime64({started:String}, 6, 'UTC') AND trace_id ${OF_BATCH}`)
  if (await has(store, 'resources', UNUSED, params)) await remove('resources', UNUSED)
  const late = `trace_id IN (SELECT trace_id FROM spans WHERE project = {project:String} AND trace_id ${OF_BATCH})`
  const declared = `trace_id ${OF_BATCH} AND NOT ${late}`
  if (await has(store, 'run_traces', declared, params)) await remove('run_traces', declared)
  const goes = `trace_id ${OF_BATCH} AND (flow, start, run_id) NOT IN (
    SELECT flow, start, run_id FROM runs FINAL WHERE project = {project:String} AND trace_id ${OF_BATCH})`
  await remove(
    'run_index',
    `run_key IN (SELECT run_key FROM runs WHERE project = {project:String} AND ${goes})`,
  )
  await remove('runs', `NOT is_deleted AND ${goes}`)
  await remove('runs', `is_deleted AND ${goes}`)
  await untilPassesEnd(store)
  await resettle(store, removal)
  const finished = { ...removal, bytes }
  await finishRemoval(store, finished)
  return finished
}

/** No span has them any more. */
const UNUSED = `seen < toDateTime64({before:String}, 6, 'UTC')
    AND (resource, scope) NOT IN (SELECT resource, scope FROM spans WHERE project = {project:String} GROUP BY resource, scope)`

/** Of runs that are removed, unless a run with the same id stays. */
const SCORES = `run_id IN (SELECT run_id FROM runs WHERE project = {project:String} AND trace_id ${OF_BATCH})
    AND run_id NOT IN (SELECT run_id FROM runs FINAL WHERE project = {project:String}
      AND run_id IN (SELECT run_id FROM runs WHERE project = {project:String} AND trace_id ${OF_BATCH}))`

/** Rows of the minutes of the batch of which none is left that counts anything. */
const emptyMinutes = (table: string) => `(flow, minute) IN (${MINUTES})
    AND (flow, minute) NOT IN (SELECT flow, minute FROM ${table} FINAL WHERE project = {project:String} AND (flow, minute) IN (${MINUTES}))`

const MINUTES = `SELECT flow, toStartOfMinute(start) FROM runs WHERE project = {project:String} AND trace_id ${OF_BATCH}`

async function has(store: Store, table: string, where: string, params: QueryParams): Promise<boolean> {
  const query = `SELECT 1 AS found FROM ${table} WHERE project = {project:String} AND ${where} LIMIT 1`
  return (await firstRow(store, query, params)) !== undefined
}
