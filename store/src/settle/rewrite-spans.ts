import { execute, type Store } from '../store.ts'
import type { Batch } from './batch.ts'
import { RESOLVE_SETTINGS, resolveSpans } from './resolve-spans.ts'
import { FLOW_CANDIDATE } from './run-flow.ts'

/** Writes run and flow into the spans of a batch that have others, and takes usage off wrappers of usage. */
export async function rewriteSpans(store: Store, batch: Batch): Promise<void> {
  await execute(store, rewriteSpansSql(batch.largest), { batch: batch.id })
}

export function rewriteSpansSql(largest: number): string {
  return `
  INSERT INTO spans
  WITH ${resolveSpans(largest)},
  flowing AS (
    SELECT
      project, trace_id, row.span_id AS span_id, resolved_run_id, superseded,
      argMin(${FLOW_CANDIDATE}.2, (${FLOW_CANDIDATE}.1, row.start, row.span_id))
        OVER (PARTITION BY project, resolved_run_id) AS resolved_flow,
      resolved_run_id != row.run_id OR resolved_flow != row.flow
        OR (superseded AND (row.input_tokens + row.output_tokens > 0 OR row.cost > 0)) AS changed
    FROM resolved
  )
  SELECT span.* REPLACE (
    change.resolved_run_id AS run_id,
    change.resolved_flow AS flow,
    if(change.superseded, 0, span.input_tokens) AS input_tokens,
    if(change.superseded, 0, span.output_tokens) AS output_tokens,
    if(change.superseded, 0, span.cached_input_tokens) AS cached_input_tokens,
    if(change.superseded, 0, span.reasoning_tokens) AS reasoning_tokens,
    if(change.superseded, 0, span.cost) AS cost,
    1 AS settled
  )
  FROM spans AS span FINAL
  INNER JOIN (SELECT * FROM flowing WHERE changed) AS change
    ON span.project = change.project AND span.trace_id = change.trace_id AND span.span_id = change.span_id
  WHERE (span.project, span.trace_id) IN batch_traces
  ${RESOLVE_SETTINGS}`
}
