import { execute, firstRow, insert, rows, type Store } from '../store.ts'

/** What a batch takes away. */
type RemovalKind = 'runs' | 'payloads'

/** A batch: what one round takes away of a project at once. */
export interface Removal {
  readonly project: string
  readonly batch: string
  readonly kind: RemovalKind
  /** Runs that settled before, or payloads that came before, as ClickHouse writes it. */
  readonly before: string
  /** Counted before anything was removed. */
  readonly runs: number
  readonly spans: number
  /** When it was begun: spans that came later are not of it. */
  readonly started: string
  /** By which the tables became smaller on the disk; 0 while it goes on. */
  readonly bytes: number
}

/** SQL: the traces of a batch. */
export const OF_BATCH = 'IN (SELECT trace_id FROM retention_traces WHERE batch = {batch:UUID})'

const EPOCH = '1970-01-01 00:00:00'

/** From here on whoever applies retention finishes the batch. */
export function beginRemoval(store: Store, removal: Removal): Promise<void> {
  return insert(store, 'removals', [{ ...removal, finished: EPOCH }])
}

export async function finishRemoval(store: Store, removal: Removal): Promise<void> {
  const { batch } = removal
  const clock = await firstRow<{ now: string }>(store, `SELECT toString(now64(6, 'UTC')) AS now`)
  await insert(store, 'removals', [{ ...removal, finished: clock!.now }])
  await execute(store, 'DELETE FROM retention_traces WHERE batch = {batch:UUID}', { batch })
}

/** Batches that were begun and not finished, the oldest first; what nobody began is cleared away. */
export async function openRemovals(store: Store): Promise<Removal[]> {
  const open = await rows<Removal>(
    store,
    `SELECT project, toString(batch) AS batch, kind, toString(before) AS before, runs, spans, toString(started) AS started, bytes
    FROM removals FINAL WHERE finished = toDateTime64(0, 6, 'UTC') ORDER BY started`,
  )
  if (open.length === 0) await execute(store, 'TRUNCATE TABLE retention_traces')
  return open
}

/** What retention has removed of a project since its tables were made. */
export interface RemovalTotals {
  readonly project: string
  readonly runs: number
  readonly spans: number
  /** Runs and spans whose payloads were removed. */
  readonly emptiedRuns: number
  readonly emptiedSpans: number
  readonly bytes: number
}

export function removalTotals(store: Store): Promise<RemovalTotals[]> {
  return rows<RemovalTotals>(
    store,
    `SELECT project, sumIf(runs, kind = 'runs') AS runs, sumIf(spans, kind = 'runs') AS spans,
      sumIf(removals.runs, kind = 'payloads') AS emptiedRuns, sumIf(removals.spans, kind = 'payloads') AS emptiedSpans,
      sum(removals.bytes) AS bytes
    FROM removals FINAL WHERE finished != toDateTime64(0, 6, 'UTC') GROUP BY project ORDER BY project`,
  )
}
