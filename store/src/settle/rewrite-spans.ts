import { execute, type Store } from '../store.ts'
import type { Batch } from './batch.ts'
import { resolveSpans } from './resolve-spans.ts'
import { FLOW_CANDIDATE } from './run-flow.ts'

/** Writes run and flow into the spans of a batch that have others, and takes usage off wrappers of usage. */
export async function rewriteSpans(store: Store, batch: Batch): Promise<void> {
  await execute(store, rewriteSpansSql(batch.largest), { batch: batch.id })
}

export function rewriteSpansSql(largest: number): string {
  return `
  INSERT INTO spans
  WITH ${resolveSpans(largest)},
  candidates AS (
    SELECT *, ${FLOW_CANDIDATE} AS candidate FROM resolved
  ),
  flowing AS (
    SELECT
      *,
      argMin(candidate, (candidate.1, wire.start, span_id)) OVER (PARTITION BY project, resolved_run_id) AS chosen
    FROM candidates
  ),
  changes AS (
    SELECT project, trace_id, span_id, resolved_run_id, chosen.2 AS resolved_flow, superseded
    FROM flowing
    WHERE resolved_run_id != wire.run_id OR resolved_flow != wire.flow OR (superseded AND carries_usage)
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
  INNER JOIN changes AS change
    ON span.project = change.project AND span.trace_id = change.trace_id AND span.span_id = change.span_id
  WHERE (span.project, span.trace_id) IN batch_traces`
}
