import { randomUUID } from 'node:crypto'
import { execute, firstRow, rows, type Store } from '../store.ts'

/** Bounds of one pass, so that a backlog of hours is worked off with the memory of a second. */
const MOST_TRACES = 10_000
const MOST_SPANS = 50_000

/** A trace that is never quiet settles this often, so that a long run shows while it goes on. */
const LONGEST_WAIT_MS = 30_000

/** The traces of one settling pass, kept in `settling_traces`. */
export interface Batch {
  readonly id: string
  readonly traces: number
  /** Spans of the largest trace. */
  readonly largest: number
  /** Earliest and latest start of a span, as ClickHouse writes them. */
  readonly from: string
  readonly to: string
  /** When the newest of the batch's spans was received. */
  readonly received: string
  /** ClickHouse's clock before any span is read: of two passes over a trace, the one that read later wins. */
  readonly version: string
}

/** A batch of the traces whose spans became quiet or whose expiry is due, oldest first; undefined if there is none. */
export async function takeQuiet(store: Store, quietMs: number, now: Date): Promise<Batch | undefined> {
  const due = await firstRow<{ due: number }>(store, `SELECT count() AS due FROM (${DUE} LIMIT 1)`, {
    quietMs,
    now,
  })
  if (!due?.due) return undefined
  const id = randomUUID()
  await execute(store, TAKE_QUIET, {
    batch: id,
    quietMs,
    now,
    mostTraces: MOST_TRACES,
    mostSpans: MOST_SPANS,
  })
  return complete(store, id)
}

/** A batch of these traces. */
export async function takeTraces(store: Store, project: string, traceIds: readonly string[]): Promise<Batch> {
  const id = randomUUID()
  await store.client.insert({
    table: 'settling_traces',
    columns: ['batch', 'project', 'trace_hex', 'spans_seen', 'expiry_seen'],
    values: traceIds.map((trace_hex) => ({ batch: id, project, trace_hex, spans_seen: 0, expiry_seen: 0 })),
    format: 'JSONEachRow',
  })
  return complete(store, id)
}

const DUE = `
  SELECT
    project, trace_id,
    sumIf(pending, reason = 'spans') AS spans_seen,
    sumIf(pending, reason = 'expiry') AS expiry_seen,
    maxIf(due, reason = 'spans') AS newest_span,
    greatest(minIf(since, reason = 'spans'), maxIf(settled, reason = 'spans')) AS waiting_since,
    maxIf(due, reason = 'expiry') AS expiry
  FROM unsettled_traces
  GROUP BY project, trace_id
  HAVING (spans_seen != 0 AND newest_span <= {now:DateTime64(3)} - toIntervalMillisecond({quietMs:UInt32}))
    OR (spans_seen != 0 AND waiting_since <= {now:DateTime64(3)} - toIntervalMillisecond(${LONGEST_WAIT_MS}))
    OR (spans_seen = 0 AND expiry_seen != 0 AND expiry <= {now:DateTime64(3)})`

const TAKE_QUIET = `
  INSERT INTO settling_traces (batch, project, trace_id, spans_seen, expiry_seen)
  SELECT {batch:UUID}, project, trace_id, spans_seen, expiry_seen
  FROM (
    SELECT *, sum(abs(spans_seen)) OVER (ORDER BY newest_span, project, trace_id) - abs(spans_seen) AS spans_before
    FROM (${DUE})
  )
  WHERE spans_before < {mostSpans:UInt64}
  ORDER BY newest_span
  LIMIT {mostTraces:UInt32}`

/** Adds the traces that share a run with those of the batch, until there are no more, and measures the batch. */
async function complete(store: Store, id: string): Promise<Batch> {
  for (;;) {
    const missing = await firstRow<{ traces: number }>(store, `SELECT count() AS traces FROM (${MISSING})`, {
      batch: id,
    })
    if (!missing?.traces) break
    const add = `INSERT INTO settling_traces (batch, project, trace_id, spans_seen, expiry_seen) ${MISSING}`
    await execute(store, add, { batch: id })
  }
  const [measured] = await rows<Omit<Batch, 'id'>>(store, MEASURE, { batch: id })
  return { ...measured!, id }
}

const MISSING = `
  WITH
  batch_traces AS (SELECT project, trace_id FROM settling_traces WHERE batch = {batch:UUID}),
  shared AS (
    SELECT DISTINCT project, declared_run_id AS run_id FROM spans
    WHERE (project, trace_id) IN batch_traces AND declared_run_id != '' AND declared_run_id != lower(hex(trace_id))
    UNION DISTINCT
    SELECT project, lower(hex(trace_id)) FROM batch_traces
  ),
  candidates AS (
    SELECT project, trace_id FROM run_traces WHERE (project, run_id) IN shared
    UNION DISTINCT
    SELECT project, trace_id FROM spans
    WHERE (project, trace_id) IN (
      SELECT project, toFixedString(unhex(run_id), 16) FROM shared WHERE match(run_id, '^[0-9a-f]{32}$'))
  )
  SELECT {batch:UUID} AS batch, project, trace_id, 0 AS spans_seen, 0 AS expiry_seen
  FROM candidates
  WHERE (project, trace_id) NOT IN batch_traces`

const MEASURE = `
  SELECT
    count() AS traces,
    max(spans) AS largest,
    toString(min(earliest)) AS from,
    toString(max(latest)) AS to,
    toString(max(newest)) AS received,
    toString(now64(6, 'UTC')) AS version
  FROM (
    SELECT count() AS spans, min(start) AS earliest, max(start) AS latest, max(received) AS newest
    FROM spans
    WHERE (project, trace_id) IN (SELECT project, trace_id FROM settling_traces WHERE batch = {batch:UUID})
    GROUP BY project, trace_id
  )`
