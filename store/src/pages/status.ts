import { isLatest } from '../latest-runs.ts'
import { firstRow, type Store } from '../store.ts'
import type { RunFilter } from './filter.ts'

/** What `weir status` says of the store. */
export interface StoreStats {
  /** Spans of settled runs, each counted once whatever was sent again. */
  readonly spans: number
  readonly runs: number
  /** Rows of spans that are there: at least one for each span, more until what came twice is merged. */
  readonly spanRows: number
  /** Traces whose newest spans are not settled yet. */
  readonly unsettledTraces: number
  /** When the newest span came of the trace that waits longest to be settled, milliseconds since 1970; null without one. */
  readonly oldestUnsettledMs: number | null
  /** When a run was settled the last time, milliseconds since 1970; null without runs. */
  readonly lastSettledMs: number | null
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
  return row ?? NOTHING
}

const NOTHING: StoreStats = {
  spans: 0,
  runs: 0,
  spanRows: 0,
  unsettledTraces: 0,
  oldestUnsettledMs: null,
  lastSettledMs: null,
  newestSpanMs: null,
  diskBytes: 0,
}

const STATS = `
  WITH
  counted AS (
    SELECT count() AS runs, sum(span_count) AS spans, if(runs = 0, NULL, toUnixTimestamp64Milli(toDateTime64(max(settled), 3))) AS last
    FROM runs AS run WHERE ${isLatest('project = {project:String}')} AND project = {project:String}
  ),
  unsettled AS (
    SELECT count() AS traces, if(traces = 0, NULL, toUnixTimestamp64Milli(min(newest))) AS oldest
    FROM (
      SELECT max(received) AS newest
      FROM (
        SELECT trace_id, received FROM unsettled_traces WHERE project = {project:String} AND reason = 'spans'
        GROUP BY trace_id, received HAVING sum(pending) != 0
      )
      GROUP BY trace_id
    )
  ),
  received AS (SELECT count() AS spans FROM spans WHERE project = {project:String})
  SELECT
    counted.spans AS spans,
    counted.runs AS runs,
    received.spans AS spanRows,
    unsettled.traces AS unsettledTraces,
    unsettled.oldest AS oldestUnsettledMs,
    counted.last AS lastSettledMs,
    -- By the index of receipts: max(received) would read all of them.
    (SELECT toUnixTimestamp64Milli(received) FROM spans WHERE project = {project:String} ORDER BY received DESC LIMIT 1) AS newestSpanMs,
    (SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND active) AS diskBytes
  FROM counted CROSS JOIN unsettled CROSS JOIN received`

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
