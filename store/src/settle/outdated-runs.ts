import { forEachRow, idsSql } from '../native/query-native.ts'
import type { Store } from '../store.ts'
import type { StoredSpans } from './stored-spans.ts'
import type { OutdatedRow, RunRow } from './write-runs.ts'

/** A row that `runs` has, or had, of a trace. */
interface StoredRow extends OutdatedRow {
  /** Microseconds since 1970. */
  readonly version: bigint
}

/** The rows that `runs` has of the traces of a pass: those that get no successor of the same key are not true any more. */
export class StoredRows {
  /** The newest `settled` of them, microseconds since 1970; 0: there are none. */
  readonly newest: bigint
  readonly #traceIds: ReadonlySet<string>
  readonly #ofRun: ReadonlyMap<string, readonly StoredRow[]>
  readonly #outdated: Set<StoredRow>

  constructor(rows: readonly StoredRow[]) {
    this.newest = latest(rows.map(({ version }) => version))
    this.#traceIds = new Set(rows.map(({ traceId }) => traceId))
    this.#ofRun = Map.groupBy(rows, ({ runId }) => runId)
    this.#outdated = new Set(rows)
  }

  get outdated(): readonly OutdatedRow[] {
    return [...this.#outdated]
  }

  /** Whether one of these traces was settled before. */
  hasAny(traceIds: readonly string[]): boolean {
    return this.#traceIds.size > 0 && traceIds.some((traceId) => this.#traceIds.has(traceId))
  }

  /** Notes the successors of rows. */
  replace({ flow, run }: RunRow): void {
    for (const row of this.#ofRun.get(run.runId) ?? []) {
      if (row.flow === flow && row.startUnixNano === run.startUnixNano) this.#outdated.delete(row)
    }
  }
}

/**
 * The rows that `runs` has of some traces. Not FINAL: a pass that was cut off may have deleted rows whose minutes it did not
 * count again, so that the next one has to delete them once more.
 */
export async function readStoredRows(
  store: Store,
  project: string,
  traceIds: readonly string[],
  spans: StoredSpans,
): Promise<StoredRows> {
  const found: StoredRow[] = []
  if (traceIds.length > 0) {
    const params = { project, ...timesOf(spans, traceIds) }
    await forEachRow(store, storedRowsSql(traceIds), params, (value) => {
      found.push({
        project,
        flow: value('flow') as string,
        startUnixNano: value('start') as bigint,
        runId: value('run_id') as string,
        traceId: value('trace') as string,
        version: value('version') as bigint,
      })
    })
  }
  return new StoredRows(found)
}

/** Earliest and latest start of the traces' spans: their runs start in between. */
function timesOf(spans: StoredSpans, traceIds: readonly string[]): { from: bigint; to: bigint } {
  let [first, last]: [bigint | undefined, bigint] = [undefined, 0n]
  for (const traceId of traceIds) {
    if (!spans.has(traceId)) continue
    const { from, to } = spans.times(traceId)
    if (first === undefined || from < first) first = from
    if (to > last) last = to
  }
  return { from: first ?? 0n, to: last }
}

const storedRowsSql = (traceIds: readonly string[]): string => `
  SELECT flow, start, run_id, any(trace_id) AS trace, toUnixTimestamp64Micro(max(settled)) AS version
  FROM runs
  WHERE project = {project:String} AND trace_id IN ${idsSql(traceIds, 16)}
    AND start BETWEEN fromUnixTimestamp64Nano({from:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to:Int64}, 'UTC')
  GROUP BY flow, start, run_id
  SETTINGS max_threads = 1`

/** 0: there is none. */
export function latest(versions: readonly bigint[]): bigint {
  let newest = 0n
  for (const version of versions) if (version > newest) newest = version
  return newest
}
