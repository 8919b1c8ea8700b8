import { randomUUID } from 'node:crypto'
import { execute, firstRow, rows, type Store } from '../store.ts'
import { TRACE_NAME } from './postponed.ts'
import { EXPIRY_MS, isPast } from './quiet.ts'
import { findRanges, type Range } from './ranges.ts'
import type { IdRange, Sweep } from './sweep.ts'

/** A trace that is never quiet settles this often, so that a long run shows while it goes on. */
const LONGEST_WAIT_MS = 30_000

/** The traces that a pass took, kept in `settling_traces`. */
export interface Taken extends IdRange {
  readonly id: string
  readonly traces: number
  /** One of them, by {@link TRACE_NAME}. */
  readonly name: string
  /** Whether the bounds of a pass left something of the range. */
  readonly limited: boolean
  /** Traces that no pass is known to have settled before. */
  readonly fresh: number
  /** When the oldest span of the fresh traces was received, as ClickHouse writes it. */
  readonly since: string
  /**
   * ClickHouse's clock before any span is read: of two passes over a trace, the one that read later wins. Later than the runs
   * that a batch may replace, also where the clock was set back since.
   */
  readonly version: string
}

/** Traces that are settled together: of a pass, or some of them. */
export interface Batch {
  readonly id: string
  /** In which its spans start. */
  readonly ranges: readonly Range[]
  readonly traces: number
  /** Spans of the largest trace. */
  readonly largest: number
  /** The largest trace, by {@link TRACE_NAME}. */
  readonly largestName: string
  /** When the newest of the batch's spans was received. */
  readonly received: string
  /** No span of the batch was received before; 1970: not known. */
  readonly since: string
  /** As of {@link Taken}. */
  readonly version: string
}

/** SQL: the traces of a batch. */
export const BATCH_TRACES = `(SELECT project, trace_id FROM settling_traces WHERE batch = {batch:UUID})`

/** A condition on `received` that lets ClickHouse skip the parts, of any size, that came before the batch. */
export const RECEIVED_SINCE = `received >= toDateTime64({since:String}, 3, 'UTC')`

/** What the time is where it is not known. */
export const NEVER = '1970-01-01 00:00:00.000'

/** Takes traces of the sweep's range whose spans became quiet or whose expiry is due: as many as its bounds allow. */
export async function takeQuiet(
  store: Store,
  quietMs: number,
  now: Date | undefined,
  sweep: Sweep,
): Promise<Taken> {
  for (;;) {
    const id = randomUUID()
    const { traces: mostTraces, spans: mostSpans, payload: mostPayload } = sweep.bounds
    const params = { batch: id, mostTraces, mostSpans }
    const postponed = sweep.postponed.names
    await execute(store, TAKE_QUIET, { ...params, ...sweep.range, quietMs, postponed, now: now ?? null })
    const counted = await firstRow<Omit<Taken, 'id'>>(store, COUNT_TAKEN, params)
    const taken = { ...counted!, id }
    if (taken.traces <= 1) return taken
    const payload = await measurePayload(store, taken)
    if (payload <= mostPayload) return taken
    sweep.narrow((taken.traces * mostPayload) / payload)
  }
}

/** Bytes of the inputs and outputs that runs may take over. Their sizes are stored apart, so none of them is read. */
async function measurePayload(
  store: Store,
  { id, first, last, traces, fresh, since }: Taken,
): Promise<number> {
  const params = { batch: id, first, last, since: fresh === traces ? since : NEVER }
  return (await firstRow<{ payload: number }>(store, MEASURE_PAYLOAD, params))?.payload ?? 0
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
    minIf(since, reason = 'spans') AS oldest_span,
    maxIf(settled, reason = 'spans') AS last_pass,
    maxIf(due, reason = 'expiry') AS expiry
  FROM unsettled_traces
  WHERE trace_id BETWEEN toFixedString(unhex({first:String}), 16) AND toFixedString(unhex({last:String}), 16)
  GROUP BY project, trace_id
  HAVING ${TRACE_NAME} NOT IN {postponed:Array(String)} AND (
    (spans_seen != 0 AND ${isPast('newest_span', '{quietMs:UInt32}')})
    OR (spans_seen != 0 AND ${isPast('greatest(oldest_span, last_pass)', LONGEST_WAIT_MS)})
    OR (spans_seen = 0 AND expiry_seen != 0 AND ${isPast(`expiry - toIntervalMillisecond(${EXPIRY_MS})`, EXPIRY_MS)}))
  ORDER BY trace_id, project
  LIMIT {mostTraces:UInt32}
  SETTINGS max_threads = 1`

const TAKE_QUIET = `
  INSERT INTO settling_traces (batch, project, trace_id, spans_seen, expiry_seen, since)
  SELECT
    {batch:UUID}, project, trace_id, spans_seen, expiry_seen,
    if(last_pass = toDateTime64(0, 3, 'UTC') AND expiry_seen = 0, oldest_span, toDateTime64(0, 3, 'UTC'))
  FROM (
    SELECT *, sum(abs(spans_seen)) OVER (ORDER BY trace_id, project) - abs(spans_seen) AS spans_before FROM (${DUE})
  )
  WHERE spans_before < {mostSpans:UInt64}`

const COUNT_TAKEN = `
  SELECT
    count() AS traces,
    toBool(traces >= {mostTraces:UInt32} OR sum(abs(spans_seen)) >= {mostSpans:UInt64}) AS limited,
    lower(hex(min(trace_id))) AS first,
    lower(hex(max(trace_id))) AS last,
    any(${TRACE_NAME}) AS name,
    countIf(trace.since > toDateTime64(0, 3, 'UTC')) AS fresh,
    toString(minIf(trace.since, trace.since > toDateTime64(0, 3, 'UTC'))) AS since,
    toString(now64(6, 'UTC')) AS version
  FROM settling_traces AS trace
  WHERE batch = {batch:UUID}`

/** As long as a span above is not known, it may be a root: what is left out is the payload of inner spans. */
const MEASURE_PAYLOAD = `
  SELECT sum(length(input) + length(output)) AS payload
  FROM spans
  WHERE (project, trace_id) IN ${BATCH_TRACES}
    AND trace_id BETWEEN toFixedString(unhex({first:String}), 16) AND toFixedString(unhex({last:String}), 16)
    AND ${RECEIVED_SINCE}
    AND (kind = 'flow' OR parent_span_id = toFixedString('', 8) OR bitTest(flags, 9))`

/** Adds the traces that share a run with those of the batch, until there are no more, and measures the batch. */
export async function complete(store: Store, id: string, since: string = NEVER): Promise<Batch> {
  let oldest = since
  for (;;) {
    const params = { batch: id, since: oldest }
    const missing = await firstRow<{ traces: number }>(
      store,
      `SELECT count() AS traces FROM (${MISSING})`,
      params,
    )
    if (!missing?.traces) break
    const add = `INSERT INTO settling_traces (batch, project, trace_id, spans_seen, expiry_seen) ${MISSING}`
    await execute(store, add, params)
    oldest = NEVER
  }
  const params = { batch: id, since: oldest }
  const [measured] = await rows<Measured>(store, MEASURE, params)
  const { from, to, ...batch } = measured!
  const ranges = await findRanges(store, { from, to }, { where: OF_BATCH, params })
  return { ...batch, ranges, id, since: oldest }
}

type Measured = Range & Omit<Batch, 'id' | 'since' | 'ranges'>

const OF_BATCH = `(project, trace_id) IN ${BATCH_TRACES} AND ${RECEIVED_SINCE}`

const MISSING = `
  WITH
  batch_traces AS ${BATCH_TRACES},
  shared AS (
    SELECT DISTINCT project, declared_run_id AS run_id FROM spans
    WHERE (project, trace_id) IN batch_traces AND ${RECEIVED_SINCE}
      AND declared_run_id != '' AND declared_run_id != lower(hex(trace_id))
    UNION DISTINCT
    SELECT project, lower(hex(trace_id)) FROM batch_traces
  ),
  candidates AS (
    SELECT project, trace_id FROM run_traces WHERE (project, run_id) IN shared
    UNION DISTINCT
    SELECT project, trace_id FROM spans
    WHERE (project, trace_id) IN (
      SELECT project, toFixedString(unhex(run_id), 16) FROM shared
      WHERE match(run_id, '^[0-9a-f]{32}$') AND (project, toFixedString(unhex(run_id), 16)) NOT IN batch_traces)
  )
  SELECT {batch:UUID} AS batch, project, trace_id, 0 AS spans_seen, 0 AS expiry_seen
  FROM candidates
  WHERE (project, trace_id) NOT IN batch_traces`

const MEASURE = `
  SELECT
    count() AS traces,
    max(spans) AS largest,
    argMax(${TRACE_NAME}, spans) AS largestName,
    toString(min(earliest)) AS from,
    toString(max(latest)) AS to,
    toString(max(newest)) AS received,
    toString(greatest(now64(6, 'UTC'), (
      SELECT max(settled) + INTERVAL 1 MICROSECOND FROM runs
      WHERE settled >= now64(6, 'UTC') AND (project, trace_id) IN ${BATCH_TRACES}))) AS version
  FROM (
    SELECT project, trace_id, count() AS spans, min(start) AS earliest, max(start) AS latest, max(received) AS newest
    FROM spans
    WHERE ${OF_BATCH}
    GROUP BY project, trace_id
  )`
