import type { SpanNode } from '@weir/store/pages'
import type { SpanRow } from './tree.ts'

/** What the waterfall draws of the spans; the rest stays on the server. */
export function toSpanRows(spans: readonly SpanNode[]): SpanRow[] {
  const tries: number[] = []
  return spans.map((node) => {
    // A count belongs to one parent: it ends where the tree goes up.
    tries.length = Math.min(tries.length, node.depth + 1)
    const attempt = node.kind === 'attempt' ? (tries[node.depth] ?? 0) + 1 : 0
    if (attempt > 0) tries[node.depth] = attempt
    return toSpanRow(node, attempt)
  })
}

function toSpanRow(node: SpanNode, attempt: number): SpanRow {
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
    attempt,
    fallback,
  }
}
