import { queryNative } from '../native/query-native.ts'
import { placeSpans } from '../run-model/place-spans.ts'
import type { PlacedSpan } from '../run-model/placed-span.ts'
import { FACT_COLUMNS, readFacts } from '../run-model/read-facts.ts'
import type { QueryParams, Store } from '../store.ts'

/**
 * The spans where a condition on `spans` holds, which takes traces whole, each with its place in its trace and its run.
 * @param condition SQL for PREWHERE, on the sort key
 */
export async function readPlaced(
  store: Store,
  condition: string,
  params: QueryParams,
): Promise<PlacedSpan[]> {
  // No FINAL: of several records of a span the latest is placed.
  const query = `SELECT ${FACT_COLUMNS.join(', ')} FROM spans PREWHERE ${condition}`
  return placeSpans(readFacts(await queryNative(store, query, params)))
}
