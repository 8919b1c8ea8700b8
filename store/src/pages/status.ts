import { firstRow, type Store } from '../store.ts'
import type { RunFilter } from './filter.ts'

/** What `weir status` says of the store. */
export interface StoreStats {
  /** Spans of settled runs, each counted once whatever was sent again. */
  readonly spans: number
  readonly runs: number
  /** Traces whose newest spans are not settled yet. */
  readonly unsettledTraces: number
  /** When the newest span was received, milliseconds since 1970; null without spans. */
  readonly newestSpanMs: number | null
  /** Of all tables of the database, whatever the project. */
  readonly diskBytes: number
}

export async function getStoreStats(
  store: Store,
  { project = store.project }: { project?: string } = {},
): Promise<StoreStats> {
  const row = await firstRow<StoreStats>(store, STATS, { project })
  return row ?? { spans: 0, runs: 0, unsettledTraces: 0, newestSpanMs: null, diskBytes: 0 }
}

const STATS = `
  WITH
  counted AS (SELECT count() AS runs, sum(span_count) AS spans FROM runs FINAL WHERE project = {project:String}),
  unsettled AS (
    SELECT count() AS traces
    FROM (
      SELECT trace_id FROM unsettled_traces WHERE project = {project:String} AND reason = 'spans'
      GROUP BY trace_id HAVING sum(pending) != 0
    )
  )
  SELECT
    (SELECT spans FROM counted) AS spans,
    (SELECT runs FROM counted) AS runs,
    (SELECT traces FROM unsettled) AS unsettledTraces,
    (SELECT if(count() = 0, NULL, toUnixTimestamp64Milli(max(received))) FROM spans
      WHERE project = {project:String}) AS newestSpanMs,
    (SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND active) AS diskBytes`

/**
 * A token that changes when any run of the project (or flow) was settled again; cheap, for polling. What was settled before
 * the clock was set back does not hide what is settled since.
 */
export async function latestSettled(
  store: Store,
  filter: Pick<RunFilter, 'project' | 'flow'> = {},
): Promise<string> {
  const flow = filter.flow === undefined ? '' : 'AND flow = {flow:String}'
  const row = await firstRow<{ token: string }>(
    store,
    `SELECT toString(maxIf(settled, settled <= now64(6, 'UTC'))) AS token FROM run_minutes WHERE project = {project:String} ${flow}`,
    { project: filter.project ?? store.project, flow: filter.flow },
  )
  return row?.token ?? ''
}
