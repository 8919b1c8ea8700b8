import { forEachRow, idsSql } from '../native/query-native.ts'
import type { Store } from '../store.ts'
import type { OutdatedRow } from './write-runs.ts'

/** A row that `runs` has, or had, of a trace. */
export interface StoredRow extends OutdatedRow {
  /** Microseconds since 1970. */
  readonly version: bigint
}

/**
 * The rows that `runs` has of some traces. Not FINAL: a pass that was cut off may have deleted rows whose minutes it did not
 * count again, so that the next one has to delete them once more.
 * @param from earliest and latest start of the traces' spans, nanoseconds since 1970
 */
export async function readStoredRows(
  store: Store,
  project: string,
  traceIds: readonly string[],
  { from, to }: { readonly from: bigint; readonly to: bigint },
): Promise<StoredRow[]> {
  const found: StoredRow[] = []
  if (traceIds.length === 0) return found
  await forEachRow(store, storedRowsSql(traceIds), { project, from, to }, (columns, row) => {
    const value = (name: string) => columns.get(name)![row]
    found.push({
      project,
      flow: value('flow') as string,
      startUnixNano: value('start') as bigint,
      runId: value('run_id') as string,
      traceId: value('trace') as string,
      version: value('version') as bigint,
    })
  })
  return found
}

const storedRowsSql = (traceIds: readonly string[]): string => `
  SELECT flow, start, run_id, any(trace_id) AS trace, toUnixTimestamp64Micro(max(settled)) AS version
  FROM runs
  WHERE project = {project:String} AND trace_id IN ${idsSql(traceIds, 16)}
    AND start BETWEEN fromUnixTimestamp64Nano({from:Int64}, 'UTC') AND fromUnixTimestamp64Nano({to:Int64}, 'UTC')
  GROUP BY flow, start, run_id
  SETTINGS max_threads = 1`
