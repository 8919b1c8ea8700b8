import { NO_USAGE } from './count-usage.ts'
import type { PlacedSpan } from './placed-span.ts'
import type { SpanFacts } from './span-facts.ts'

/** The spans of one trace, linked to their parents, parents before their children. Each once: of several records the latest. */
export function linkSpans(records: readonly SpanFacts[]): PlacedSpan[] {
  const spans = new Map<string, PlacedSpan>()
  for (const facts of records) {
    const known = spans.get(facts.spanId)
    if (known === undefined || isLater(facts, known.facts)) spans.set(facts.spanId, toPlaced(facts))
  }
  const tops: PlacedSpan[] = []
  for (const span of spans.values()) {
    span.parent = spans.get(span.facts.parentSpanId)
    if (span.parent === undefined) tops.push(span)
    else addChild(span.parent, span)
  }
  const ordered: PlacedSpan[] = []
  descend(tops, ordered)
  if (ordered.length < spans.size) descend(cutCycles(spans.values(), new Set(ordered)), ordered)
  return ordered
}

/**
 * Exporters send a span again when its answer was lost, or at its start and at its end: the later end wins, then what came later.
 * Of records that contradict each other in the rest it is always the same one, in whatever order they are read.
 */
function isLater(record: SpanFacts, than: SpanFacts): boolean {
  if (record.endNs !== than.endNs) return record.endNs > than.endNs
  if (record.receivedMs !== than.receivedMs) return record.receivedMs > than.receivedMs
  return contentOf(record) > contentOf(than)
}

function contentOf(record: SpanFacts): string {
  return JSON.stringify(record, (_key, value) => (typeof value === 'bigint' ? String(value) : value))
}

function toPlaced(facts: SpanFacts): PlacedSpan {
  return {
    facts,
    parent: undefined,
    children: NO_CHILDREN,
    depth: 0,
    anchor: undefined,
    runId: '',
    sharesTrace: false,
    enclosingRunId: '',
    begins: undefined,
    saidBelow: 0,
    saidBelowByItself: 0,
    costAbove: 0,
    counted: NO_USAGE,
    isModelCall: false,
    step: -1,
  }
}

/** Most spans have none. */
const NO_CHILDREN: PlacedSpan[] = []

function addChild(parent: PlacedSpan, span: PlacedSpan): void {
  if (parent.children === NO_CHILDREN) parent.children = [span]
  else parent.children.push(span)
}

/** Adds some spans and all below them, parents before their children. */
function descend(tops: readonly PlacedSpan[], ordered: PlacedSpan[]): void {
  let at = ordered.length
  for (const top of tops) ordered.push(top)
  for (; at < ordered.length; at++) {
    const { children, depth } = ordered[at]!
    for (const child of children) {
      child.depth = depth + 1
      ordered.push(child)
    }
  }
}

/** Spans that are above themselves have no parent instead. Gives them; what hangs below them stays there. */
function cutCycles(spans: Iterable<PlacedSpan>, reached: ReadonlySet<PlacedSpan>): PlacedSpan[] {
  const onCycles: PlacedSpan[] = []
  const seenBy = new Map<PlacedSpan, PlacedSpan>()
  for (const first of spans) {
    let span = reached.has(first) ? undefined : first
    while (span !== undefined && !seenBy.has(span)) {
      seenBy.set(span, first)
      span = span.parent
    }
    if (span === undefined || seenBy.get(span) !== first) continue
    let onCycle: PlacedSpan | undefined = span
    do {
      onCycles.push(onCycle)
      onCycle = onCycle.parent!
    } while (onCycle !== span)
  }
  for (const span of onCycles) {
    const parent = span.parent!
    parent.children = parent.children.filter((child) => child !== span)
    span.parent = undefined
  }
  return onCycles
}
