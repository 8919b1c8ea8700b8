import { idsSql, queryNative } from '../native/query-native.ts'
import { FACT_COLUMNS, readFacts, type StoredFacts } from '../run-model/read-facts.ts'
import type { Store } from '../store.ts'
import type { TraceOfProject } from './trace-name.ts'

/**
 * What is known of some traces, span records in any order, with all that replaced each other.
 * @param sinceMs no record of them was received before, milliseconds since 1970: parts that came earlier are not read. Looking for
 *   every id in the primary index of every part costs more than reading what came, so that index is not used then.
 */
export async function readTraces(
  store: Store,
  traces: readonly TraceOfProject[],
  sinceMs?: number,
): Promise<StoredFacts[]> {
  if (traces.length === 0) return []
  const ids = [...new Set(traces.map(({ traceId }) => traceId))].sort()
  const query = `
    SELECT ${FACT_COLUMNS.join(', ')}, length(input) + length(output) AS payload_bytes
    FROM spans
    WHERE trace_id IN ${idsSql(ids, 16)}
      AND trace_id BETWEEN unhex('${ids[0]}') AND unhex('${ids.at(-1)}')
      ${sinceMs === undefined ? '' : `AND received >= fromUnixTimestamp64Milli({sinceMs:Int64}, 'UTC')`}
    SETTINGS max_threads = 1${sinceMs === undefined ? '' : ', use_index_for_in_with_subqueries = 0'}`
  const facts = readFacts(await queryNative(store, query, sinceMs === undefined ? {} : { sinceMs }))
  const wanted = Map.groupBy(traces, ({ traceId }) => traceId)
  return facts.filter(({ traceId, project }) =>
    wanted.get(traceId)?.some((trace) => trace.project === project),
  )
}
