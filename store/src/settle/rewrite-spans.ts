import { execute, firstRow, type Store } from '../store.ts'
import type { Batch } from './batch.ts'

/** Writes run and flow into the spans of a batch that have others, and takes usage off wrappers of usage. */
export async function rewriteSpans(store: Store, { id }: Batch): Promise<void> {
  const changed = await firstRow<{ spans: number }>(store, COUNT_CHANGED, { batch: id })
  if (changed?.spans) await execute(store, REWRITE_CHANGED, { batch: id })
}

const COUNT_CHANGED = 'SELECT countIf(changed) AS spans FROM settling_spans WHERE batch = {batch:UUID}'

const REWRITE_CHANGED = `
  INSERT INTO spans
  WITH changes AS (
    SELECT project, trace_id, span_id, run_id AS new_run_id, flow AS new_flow, superseded
    FROM settling_spans
    WHERE batch = {batch:UUID} AND changed
  )
  SELECT span.* REPLACE (
    change.new_run_id AS run_id,
    change.new_flow AS flow,
    if(change.superseded, 0, span.input_tokens) AS input_tokens,
    if(change.superseded, 0, span.output_tokens) AS output_tokens,
    if(change.superseded, 0, span.cached_input_tokens) AS cached_input_tokens,
    if(change.superseded, 0, span.reasoning_tokens) AS reasoning_tokens,
    if(change.superseded, 0, span.cost) AS cost,
    1 AS settled
  )
  FROM spans AS span FINAL
  INNER JOIN changes AS change
    ON span.project = change.project AND span.trace_id = change.trace_id AND span.span_id = change.span_id
  WHERE (span.project, span.trace_id) IN (SELECT project, trace_id FROM changes)`
