import type { SpanNode } from '@weir/store'
import type { SpanRow } from './tree.ts'

/** What the waterfall draws of a span; the rest stays on the server. */
export function toSpanRow(node: SpanNode): SpanRow {
  const { spanId, traceId, runId, name, kind, status, startNs, durationNs, ended, depth } = node
  const { model, errorType, attempts, fallback } = node
  return {
    spanId,
    traceId,
    runId,
    name,
    kind,
    status,
    startNs,
    durationNs,
    ended,
    depth,
    model,
    errorType,
    attempts,
    fallback,
  }
}
