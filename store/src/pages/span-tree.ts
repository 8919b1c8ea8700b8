import { durationOf } from '../run-model/describe-calls.ts'
import { byStart, type PlacedSpan } from '../run-model/placed-span.ts'
import type { Status } from '../run-model/run.ts'
import { cutText } from '../text/cut-text.ts'

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
  /** Tokens and cost are counted once: not on a span that repeats what spans below it say. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: number
  readonly errorType: string
  readonly errorMessage: string
  readonly attempts: number
  readonly fallback: boolean
}

/** Spans, and those of them with status error. */
interface SpanCounts {
  readonly spans: number
  readonly errors: number
}

export interface SpanTree {
  /**
   * Depth first, siblings by start; nested runs of the same traces are part of the tree. Of more than can be shown these are the
   * first, those with error and the one that was asked for, with the spans around them.
   */
  readonly spans: readonly SpanNode[]
  /** Of all spans of the tree, whichever were returned. */
  readonly tree: SpanCounts
  /** Of the run's own spans, without those of nested runs. */
  readonly own: SpanCounts
}

/** A span by its id, 16 hex digits, and by that of its trace where several traces have one of this id. */
export interface SpanName {
  readonly traceId?: string | undefined
  readonly spanId: string
}

interface Shown {
  readonly runId: string
  /** How many spans to show before those that are looked for. */
  readonly limit: number
  /** Shown wherever it is in the tree. */
  readonly wanted?: SpanName | undefined
}

/**
 * The spans of a run, and those of other runs that are below one of them.
 * @param placed all spans of the run's traces, parents before their children
 * @param startNs of the run, nanoseconds since 1970
 */
export function toSpanTree(placed: readonly PlacedSpan[], startNs: bigint, asked: Shown): SpanTree {
  const members = new Set<PlacedSpan>()
  const tops: PlacedSpan[] = []
  for (const span of placed) {
    const isBelow = span.parent !== undefined && members.has(span.parent)
    if (!isBelow && span.runId !== asked.runId) continue
    members.add(span)
    if (!isBelow) tops.push(span)
  }
  const all = [...members]
  const shown = all.length > asked.limit ? chooseSpans(all, asked) : members
  return {
    spans: descend(tops, shown, startNs),
    tree: countOf(all),
    own: countOf(all.filter(({ runId }) => runId === asked.runId)),
  }
}

/** A run with more spans with error than this shows the first of those that come late. */
const MOST_ERRORS = 2000
/** Levels above a late span that are shown; where more are missing, it stands below the nearest that is shown. */
const MOST_LEVELS = 50
const MOST_LATE = 10_000

/** A run's own spans first, then by start; of the others those that are looked for, with the spans around them. */
function chooseSpans(members: readonly PlacedSpan[], { runId, limit, wanted }: Shown): Set<PlacedSpan> {
  const isOther = (span: PlacedSpan) => Number(span.runId !== runId)
  const ordered = members.toSorted((a, b) => isOther(a) - isOther(b) || byStart(a, b))
  const shown = new Set(ordered.slice(0, limit))
  const late = ordered.slice(limit)
  const failed = late.filter(({ facts }) => facts.status === 'error').slice(0, MOST_ERRORS)
  for (const found of [...late.filter((span) => isNamed(span, wanted)), ...failed]) {
    let span: PlacedSpan | undefined = found
    for (let level = 0; span !== undefined && !shown.has(span) && level <= MOST_LEVELS; level++) {
      if (shown.size === limit + MOST_LATE) return shown
      shown.add(span)
      span = span.parent
    }
  }
  return shown
}

function isNamed({ facts }: PlacedSpan, name: SpanName | undefined): boolean {
  return facts.spanId === name?.spanId && (name.traceId === undefined || name.traceId === facts.traceId)
}

function descend(
  tops: readonly PlacedSpan[],
  shown: ReadonlySet<PlacedSpan>,
  runStartNs: bigint,
): SpanNode[] {
  const spans: SpanNode[] = []
  const pending = (siblings: readonly PlacedSpan[], depth: number) =>
    siblings.toSorted((a, b) => byStart(b, a)).map((span): [PlacedSpan, number] => [span, depth])
  const stack = pending(tops, 0)
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [span, depth] = next
    const isShown = shown.has(span)
    if (isShown) spans.push(toNode(span, depth, runStartNs))
    for (const below of pending(span.children, isShown ? depth + 1 : depth)) stack.push(below)
  }
  return spans
}

function toNode({ facts, runId, counted }: PlacedSpan, depth: number, runStartNs: bigint): SpanNode {
  const { spanId, traceId, parentSpanId, name, kind, model, errorType, errorMessage } = facts
  return {
    ...{ spanId, traceId, parentSpanId, name, kind, runId, depth, model, errorType },
    status: facts.status as Status,
    startNs: Number(facts.startNs - runStartNs),
    durationNs: durationOf(facts),
    ended: facts.endNs !== 0n,
    inputTokens: counted.inputTokens,
    outputTokens: counted.outputTokens,
    cost: counted.cost,
    errorMessage: errorMessage.length > 500 ? `${cutText(errorMessage, 499)}…` : errorMessage,
    attempts: facts.stepAttempts,
    fallback: facts.stepFallback,
  }
}

function countOf(spans: readonly PlacedSpan[]): SpanCounts {
  return {
    spans: spans.length,
    errors: spans.reduce((sum, { facts }) => sum + Number(facts.status === 'error'), 0),
  }
}
