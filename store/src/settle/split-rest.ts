import { randomUUID } from 'node:crypto'
import { execute, firstRow, rows, type Store } from '../store.ts'
import { NEVER, type Taken } from './batch.ts'
import type { Simple } from './settle-simple.ts'
import { type SettledRuns, TRACE_KEY } from './settled-runs.ts'

/** Bounds of what the general way settles at once: its memory is that of arrays of arrays. */
const SPANS_AT_ONCE = 50_000
/** A trace costs as much as so many spans. */
const SPANS_PER_TRACE = 5
const MOST_PARTS = 40

/** Some of the traces of a pass. */
export interface Part {
  readonly id: string
  /** No span of them was received before; 1970: not known. */
  readonly since: string
}

/** Splits what is not settled yet into batches: of traces that are known to be new, and of others. */
export async function splitRest(
  store: Store,
  { id, version, traces }: Taken,
  known: SettledRuns | undefined,
  simple: Simple | undefined,
): Promise<Part[]> {
  if (
    simple?.runs === traces &&
    (await firstRow<{ known: number }>(store, COUNT_KNOWN, { batch: id }))?.known === 0
  )
    return []
  const params = {
    batch: id,
    version,
    simple: simple ? 1 : 0,
    remember: known ? 1 : 0,
    fresh: Array.from({ length: MOST_PARTS }, randomUUID),
    others: Array.from({ length: MOST_PARTS }, randomUUID),
  }
  await execute(store, SPLIT, params)
  return rows<Part>(store, PARTS, { parts: [...params.fresh, ...params.others] })
}

const COUNT_KNOWN = 'SELECT count() AS known FROM settling_known WHERE batch = {batch:UUID}'

/** The runs of known traces that were taken for simple are written again. */
const SPLIT = `
  INSERT INTO settling_traces (batch, project, trace_id, spans_seen, expiry_seen, since)
  WITH known AS (SELECT trace_key FROM settling_known WHERE batch = {batch:UUID})
  SELECT
    if(is_fresh, {fresh:Array(UUID)}, {others:Array(UUID)})[least(intDiv(before, ${SPANS_AT_ONCE}), ${MOST_PARTS - 1}) + 1],
    project, trace_id, spans_seen, expiry_seen, if(is_fresh, since, toDateTime64('${NEVER}', 3, 'UTC'))
  FROM (
    SELECT
      *,
      {remember:UInt8} AND since > toDateTime64(0, 3, 'UTC') AND ${TRACE_KEY} NOT IN known AS is_fresh,
      abs(spans_seen) + ${SPANS_PER_TRACE} AS weight,
      sum(weight) OVER (PARTITION BY is_fresh ORDER BY project, trace_id) - weight AS before
    FROM settling_traces
    WHERE batch = {batch:UUID}
      AND (NOT {simple:UInt8} OR ${TRACE_KEY} IN known OR (project, trace_id) NOT IN (
        SELECT project, trace_id FROM runs WHERE settled = toDateTime64({version:String}, 6, 'UTC')))
  )`

const PARTS = `
  SELECT toString(batch) AS id, toString(min(trace.since)) AS since FROM settling_traces AS trace
  WHERE batch IN {parts:Array(UUID)} GROUP BY batch ORDER BY id`
