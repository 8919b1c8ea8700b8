import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import {
  GEN_AI_USAGE_COST,
  GEN_AI_USAGE_INPUT_TOKENS,
  GEN_AI_USAGE_OUTPUT_TOKENS,
  WEIR_KIND,
  WEIR_RUN_ID,
  WEIR_RUN_STATUS,
} from '@weir/sdk/semconv'
import type { Status } from '@weir/store'

/** What the collector believes of one span, so that no sum overflows. */
const MOST_TOKENS = 0xffff_ffff
const MOST_DOLLARS = 1e9

/** A span with its place in its trace, by the rules of the run model. */
export interface PlacedSpan {
  readonly span: ReadableSpan
  readonly id: string
  readonly kind: string
  readonly status: Status
  readonly startNs: bigint
  readonly durationNs: number
  readonly parent: PlacedSpan | undefined
  /** '' until resolved. */
  runId: string
  inputTokens: number
  outputTokens: number
  cost: number
}

/** Places the spans of any number of traces: the run of each, and usage only where no descendant carries it. */
export function placeSpans(spans: readonly ReadableSpan[]): PlacedSpan[] {
  const source = new Map(spans.map((span) => [keyOf(span), span]))
  const placed = new Map<string, PlacedSpan>()
  const place = (span: ReadableSpan): PlacedSpan => {
    const known = placed.get(keyOf(span))
    if (known !== undefined) return known
    const { parentSpanContext } = span
    const parent =
      parentSpanContext === undefined
        ? undefined
        : source.get(`${span.spanContext().traceId} ${parentSpanContext.spanId}`)
    const result = toPlaced(span, parent === undefined ? undefined : place(parent))
    placed.set(keyOf(span), result)
    return result
  }
  const all = [...source.values()].map(place)
  resolveRuns(all)
  countUsageOnce(all)
  return all.sort(byStart)
}

export function byStart(a: PlacedSpan, b: PlacedSpan): number {
  if (a.startNs !== b.startNs) return a.startNs < b.startNs ? -1 : 1
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

function keyOf(span: ReadableSpan): string {
  return `${span.spanContext().traceId} ${span.spanContext().spanId}`
}

function toPlaced(span: ReadableSpan, parent: PlacedSpan | undefined): PlacedSpan {
  const { attributes, duration, startTime } = span
  return {
    span,
    id: span.spanContext().spanId,
    kind: text(attributes[WEIR_KIND]) || 'span',
    status: statusOf(span),
    startNs: BigInt(startTime[0]) * 1_000_000_000n + BigInt(startTime[1]),
    durationNs: duration[0] * 1e9 + duration[1],
    parent,
    runId: text(attributes[WEIR_RUN_ID]),
    inputTokens: Math.trunc(usage(attributes[GEN_AI_USAGE_INPUT_TOKENS], MOST_TOKENS)),
    outputTokens: Math.trunc(usage(attributes[GEN_AI_USAGE_OUTPUT_TOKENS], MOST_TOKENS)),
    cost: usage(attributes[GEN_AI_USAGE_COST], MOST_DOLLARS),
  }
}

function statusOf({ attributes, status }: ReadableSpan): Status {
  const declared = text(attributes[WEIR_RUN_STATUS])
  if (declared !== '') return declared as Status
  return status.code === SpanStatusCode.ERROR ? 'error' : 'ok'
}

/**
 * As declared; else the nearest flow span at or above gives it: `<trace>` for the outermost flow of the trace that
 * began first, `<trace>-<span>` for others. What lies outside every flow belongs to the first one's run.
 */
function resolveRuns(spans: readonly PlacedSpan[]): void {
  const traces = Map.groupBy(spans, ({ span }) => span.spanContext().traceId)
  for (const [traceId, members] of traces) {
    const outermost = members.filter(
      (member) => member.kind === 'flow' && anchorOf(member.parent) === undefined,
    )
    const first = outermost.sort(byStart)[0]
    const ownRun = (member: PlacedSpan) =>
      text(member.span.attributes[WEIR_RUN_ID]) || (member === first ? traceId : `${traceId}-${member.id}`)
    const outside = first === undefined ? traceId : ownRun(first)
    const resolved = members.map((member) => {
      const anchor = anchorOf(member)
      return anchor === undefined ? outside : ownRun(anchor)
    })
    members.forEach((member, index) => {
      member.runId = resolved[index]!
    })
  }
}

/** The nearest span at or above that says which run it is. */
function anchorOf(span: PlacedSpan | undefined): PlacedSpan | undefined {
  let current = span
  while (
    current !== undefined &&
    current.kind !== 'flow' &&
    text(current.span.attributes[WEIR_RUN_ID]) === ''
  ) {
    current = current.parent
  }
  return current
}

/** Wrappers repeat the totals of what they wrap. */
function countUsageOnce(spans: readonly PlacedSpan[]): void {
  const superseded = new Set<PlacedSpan>()
  for (const span of spans) {
    if (span.inputTokens + span.outputTokens === 0 && span.cost === 0) continue
    for (let above = span.parent; above !== undefined && !superseded.has(above); above = above.parent) {
      superseded.add(above)
    }
  }
  for (const span of superseded) {
    span.inputTokens = 0
    span.outputTokens = 0
    span.cost = 0
  }
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function usage(value: unknown, most: number): number {
  const said = number(value)
  return Number.isFinite(said) && said > 0 ? Math.min(said, most) : 0
}

export function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
