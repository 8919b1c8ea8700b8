import { byStart, type PlacedSpan } from './placed-span.ts'

/**
 * Finds the run of each span of a trace: the one that is declared at or above it, else that of the nearest flow span at or
 * above it, else that of the trace. The outermost flow that begins first has the trace's id, every other one
 * `<trace id>-<span id>`.
 * @param spans of one trace, parents before their children
 */
export function assignRuns(spans: readonly PlacedSpan[]): void {
  for (const span of spans) span.anchor = saysItsRun(span) ? span : span.parent?.anchor
  const first = findFirstFlow(spans)
  const runOf = (anchor: PlacedSpan | undefined): string => {
    const { facts } = anchor ?? spans[0]!
    if (anchor === undefined || (anchor === first && facts.runId === '')) return facts.traceId
    return facts.runId || `${facts.traceId}-${facts.spanId}`
  }
  const outside = runOf(first)
  for (const span of spans) {
    const { anchor } = span
    const above = span.parent?.anchor
    const enclosing = above === undefined ? '' : above === anchor ? span.parent!.runId : runOf(above)
    span.runId = anchor === undefined ? outside : anchor === span ? runOf(span) : anchor.runId
    span.enclosingRunId = enclosing === span.runId ? '' : enclosing
    span.begins = beginOf(span, enclosing)
  }
  const isShared = spans.some(({ runId }) => runId !== spans[0]!.runId)
  for (const span of spans) span.sharesTrace = isShared
}

/** The trace that the id of a run names, where nobody declared the id: 32 hex digits. */
export function traceOfRunId(runId: string): string | undefined {
  return /^([0-9a-f]{32})(-[0-9a-f]{16})?$/.exec(runId)?.[1]
}

function saysItsRun({ facts }: PlacedSpan): boolean {
  return facts.kind === 'flow' || facts.runId !== ''
}

function findFirstFlow(spans: readonly PlacedSpan[]): PlacedSpan | undefined {
  let first: PlacedSpan | undefined
  for (const span of spans) {
    const isOutermost = span.facts.kind === 'flow' && span.parent?.anchor === undefined
    if (isOutermost && (first === undefined || byStart(span, first) < 0)) first = span
  }
  return first
}

/** A run begins with a flow span that is in no flow of the same run, with a span below another run, or at an entry. */
function beginOf(span: PlacedSpan, enclosing: string): PlacedSpan['begins'] {
  const { facts, parent, runId } = span
  if (facts.kind === 'flow') return enclosing === runId ? undefined : 'flow'
  if (parent !== undefined) return parent.runId === runId ? undefined : 'span'
  return isEntry(span) ? 'span' : undefined
}

/**
 * An entry has no parent, or one in another process. Clients without span flags do not say where the parent is: then a server
 * span whose parent did not come is an entry.
 */
function isEntry({ facts }: PlacedSpan): boolean {
  const { parentSpanId, isParentRemote, isServer } = facts
  return parentSpanId === '' || (isParentRemote ?? isServer)
}
