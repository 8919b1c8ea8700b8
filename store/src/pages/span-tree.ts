import type { Status } from '../run-record.ts'
import { rows, type Store } from '../store.ts'
import { glance } from './run-row.ts'

/** One bar of the waterfall: no payloads. */
export interface SpanNode {
  readonly spanId: string
  readonly traceId: string
  /** '' for a root; may name a span that was never received. */
  readonly parentSpanId: string
  readonly name: string
  readonly kind: string
  readonly status: Status
  /** The run that the span belongs to: nested runs of the same trace are part of the tree. */
  readonly runId: string
  /** Nanoseconds from the run's start; negative if it began before. */
  readonly startNs: number
  readonly durationNs: number
  readonly ended: boolean
  /** Levels below the top of the tree, 0..n. */
  readonly depth: number
  readonly model: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: number
  readonly errorType: string
  readonly errorMessage: string
  readonly attempts: number
  readonly fallback: boolean
  readonly eventCount: number
}

type SpanRow = Omit<SpanNode, 'depth'>

/** A span as it is selected: `startNs` is nanoseconds since 1970. */
export type SelectedSpan = Omit<SpanRow, 'startNs'> & { readonly startNs: string }

/** SQL: the columns of a {@link SelectedSpan} from `spans AS span`. */
export const SPAN_NODE: string = `
      lower(hex(span.span_id)) AS spanId, lower(hex(span.trace_id)) AS traceId,
      if(span.parent_span_id = toFixedString('', 8), '', lower(hex(span.parent_span_id))) AS parentSpanId,
      span.name AS name, span.kind AS kind, span.status AS status, span.run_id AS runId,
      toString(toUnixTimestamp64Nano(span.start)) AS startNs, span.duration_ns AS durationNs,
      span.end != toDateTime64(0, 9, 'UTC') AS ended, span.model AS model, span.input_tokens AS inputTokens,
      span.output_tokens AS outputTokens, span.cost AS cost, span.error_type AS errorType,
      ${glance('span.error_message', 500)} AS errorMessage, span.step_attempts AS attempts,
      span.step_fallback = 1 AS fallback, JSONLength(span.events) AS eventCount`

/**
 * SQL: the condition on the traces of a run, for PREWHERE, because with FINAL nothing moves there by itself, and every column
 * of the trace's granules would be read; on the sort key it keeps all versions of a row or none.
 */
export const OF_ITS_TRACES = `project = {project:String} AND trace_id IN (
      SELECT arrayJoin(trace_ids) FROM runs FINAL PREWHERE project = {project:String} AND run_id = {runId:String}
    )`

/** SQL: a run's own spans first, then by start; no two spans are equal by it. */
export const SPAN_ORDER = 'span.run_id != {runId:String}, span.start, span.span_id, span.trace_id'

/**
 * The spans of the traces of a run, its own first where `limit` cuts, and one more than `limit` if there are more. Needs
 * nothing of the run's row, so that both are read at once.
 */
export function readSpans(
  store: Store,
  params: { project: string; runId: string; limit: number },
): Promise<SelectedSpan[]> {
  return rows<SelectedSpan>(
    store,
    `SELECT ${SPAN_NODE}
    FROM spans AS span FINAL
    PREWHERE ${OF_ITS_TRACES}
    ORDER BY ${SPAN_ORDER}
    LIMIT {limit:UInt32} + 1`,
    params,
  )
}

/** The tree of a run's spans, their starts counted from that of the run. */
export function toSpanTree(
  found: readonly SelectedSpan[],
  run: { runId: string; startNs: string },
): SpanNode[] {
  const startNs = BigInt(run.startNs)
  const spans = found.map((row) => ({
    ...row,
    startNs: Number(BigInt(row.startNs) - startNs),
    ended: !!row.ended,
    fallback: !!row.fallback,
  }))
  return toTree(spans, run.runId)
}

/** Depth first, siblings by start. A span of another run shows only below one of this run; cycles end. */
export function toTree(spans: readonly SpanRow[], runId: string): SpanNode[] {
  const byStart = [...spans].sort((a, b) => a.startNs - b.startNs || (a.spanId < b.spanId ? -1 : 1))
  const key = (traceId: string, spanId: string) => traceId + spanId
  const byId = new Map(byStart.map((span) => [key(span.traceId, span.spanId), span]))
  const children = Map.groupBy(byStart, (span) => key(span.traceId, span.parentSpanId))
  const parentOf = (span: SpanRow) => byId.get(key(span.traceId, span.parentSpanId))
  const own = byStart.filter((span) => span.runId === runId)
  const tops = own.filter((span) => parentOf(span)?.runId !== runId)

  const seen = new Set<SpanRow>()
  const tree: SpanNode[] = []
  // Spans of a parent cycle are below no top: they follow, as tops, in order of start.
  for (const top of [...tops, ...own]) {
    const stack: [SpanRow, number][] = [[top, 0]]
    for (let next = stack.pop(); next; next = stack.pop()) {
      const [span, depth] = next
      if (seen.has(span)) continue
      seen.add(span)
      tree.push({ ...span, depth })
      const below = children.get(key(span.traceId, span.spanId)) ?? []
      for (const child of below.toReversed()) stack.push([child, depth + 1])
    }
  }
  return tree
}
