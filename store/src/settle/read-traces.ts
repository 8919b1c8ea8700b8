import { idsSql, queryNative } from '../native/query-native.ts'
import { type NativeColumn, readNative } from '../native/read-native.ts'
import { FACT_COLUMNS } from '../run-model/read-facts.ts'
import type { Store } from '../store.ts'
import { StoredSpans } from './stored-spans.ts'
import type { TraceOfProject } from './trace-name.ts'

/** Inputs and outputs that are read with the spans that a run may take them from; larger ones only of spans that it does. */
const SMALL_PAYLOAD = 16_384

/**
 * Reads all spans of some traces. Inputs and outputs are read as far as they are small, and of a flow, an entry or a span without
 * a parent.
 * @param spans by project; what is found is added
 * @param sinceMs no record of them was received before, milliseconds since 1970: parts that came earlier are not read. Looking for
 *   every id in the primary index of every part costs more than reading what came, so that index is not used then.
 */
export async function readTraces(
  store: Store,
  traces: readonly TraceOfProject[],
  spans: Map<string, StoredSpans>,
  sinceMs?: number,
): Promise<void> {
  if (traces.length === 0) return
  const wanted = Map.groupBy(traces, ({ traceId }) => traceId)
  const ids = [...wanted.keys()].sort()
  const query = `
    SELECT ${FACT_COLUMNS.join(', ')}, greatest(length(input) + length(output), input_type != '' OR output_type != '') AS payload_bytes,
      payload_bytes BETWEEN 1 AND ${SMALL_PAYLOAD}
        AND (kind = 'flow' OR otel_kind IN (2, 5) OR parent_span_id = toFixedString('', 8)) AS has_payload,
      if(has_payload, input, '') AS small_input, if(has_payload, output, '') AS small_output,
      input_type, output_type, input_length, output_length
    FROM spans
    WHERE trace_id IN ${idsSql(ids, 16)}
      AND trace_id BETWEEN unhex('${ids[0]}') AND unhex('${ids.at(-1)}')
      ${sinceMs === undefined ? '' : `AND received >= fromUnixTimestamp64Milli({sinceMs:Int64}, 'UTC')`}
    SETTINGS max_threads = 1${sinceMs === undefined ? '' : ', use_index_for_in_with_subqueries = 0'}`
  const answer = await queryNative(store, query, sinceMs === undefined ? {} : { sinceMs })
  for (const block of readNative(answer)) {
    const [projects, traceIds] = ['project', 'trace_id'].map((name) => {
      return block.columns.get(name) as NativeColumn<string>
    })
    const adders = new Map<string, (row: number) => void>()
    const adderOf = (project: string) => {
      const known = adders.get(project) ?? spansOf(spans, project).open(block)
      adders.set(project, known)
      return known
    }
    let [lastTrace, lastProject]: [string, string] = ['', '']
    let add: ((row: number) => void) | undefined
    for (let row = 0; row < block.rows; row++) {
      const [project, traceId] = [projects!.at(row)!, traceIds!.at(row)!]
      if (traceId !== lastTrace || project !== lastProject) {
        ;[lastTrace, lastProject] = [traceId, project]
        const isWanted = wanted.get(traceId)?.some((trace) => trace.project === project) === true
        add = isWanted ? adderOf(project) : undefined
      }
      add?.(row)
    }
  }
}

function spansOf(spans: Map<string, StoredSpans>, project: string): StoredSpans {
  const known = spans.get(project)
  if (known !== undefined) return known
  const added = new StoredSpans()
  spans.set(project, added)
  return added
}
