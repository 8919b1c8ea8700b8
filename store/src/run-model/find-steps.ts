import { byStart, compareText, type PlacedSpan } from './placed-span.ts'

/** The tries of one step execution, in order; the last one decides. */
export type Execution = readonly PlacedSpan[]

/**
 * The step executions of a run: its spans of kind step at any depth. Where it has none, the direct children of its root, whatever
 * their kind; without a root, what hangs in the air. By start.
 */
export function findSteps(
  members: readonly PlacedSpan[],
  root: PlacedSpan | undefined,
  flow: string,
): Execution[] {
  const declared = members.filter((span) => span.facts.kind === 'step' && span !== root)
  if (declared.length > 0) return toExecutions(declared)
  const children = lookThrough(topSpans(members, root), flow)
  return children.toSorted(byStart).map((span) => [span])
}

function topSpans(members: readonly PlacedSpan[], root: PlacedSpan | undefined): PlacedSpan[] {
  const isTop = ({ parent, runId, begins }: PlacedSpan) => {
    if (root === undefined) return parent === undefined && begins === undefined
    // A run in several parts has a flow span for each of them.
    if (root.begins === 'flow') return parent?.runId === runId && parent.begins === 'flow'
    return parent === root
  }
  return members.filter((span) => span.facts.kind !== 'attempt' && isTop(span))
}

/** A lone wrapper that has the run's name is the run once more: its children are the steps. */
function lookThrough(top: readonly PlacedSpan[], flow: string): readonly PlacedSpan[] {
  let steps = top
  while (steps.length === 1 && steps[0]!.facts.name === flow) {
    const [{ children, runId }] = steps as [PlacedSpan]
    const below = children.filter((child) => child.runId === runId && child.facts.kind !== 'attempt')
    if (below.length === 0) break
    steps = below
  }
  return steps
}

/** Steps of one label and one parent, one after the other, are tries of one execution as long as the earlier one failed. */
function toExecutions(steps: readonly PlacedSpan[]): Execution[] {
  const executions: PlacedSpan[][] = []
  let before: PlacedSpan | undefined
  for (const step of steps.toSorted(bySiblings)) {
    if (before !== undefined && isRetry(before, step)) executions.at(-1)!.push(step)
    else executions.push([step])
    before = step
  }
  return executions.sort((a, b) => byStart(a[0]!, b[0]!))
}

function bySiblings({ facts: a }: PlacedSpan, { facts: b }: PlacedSpan): number {
  return (
    compareText(a.traceId, b.traceId) ||
    compareText(a.parentSpanId, b.parentSpanId) ||
    compareText(a.name, b.name) ||
    (a.startNs === b.startNs ? 0 : a.startNs < b.startNs ? -1 : 1) ||
    Number(a.status !== 'error') - Number(b.status !== 'error') ||
    compareText(a.spanId, b.spanId)
  )
}

/** What declares its occurrence or its attempts needs no guess. */
function isRetry({ facts: before }: PlacedSpan, { facts: step }: PlacedSpan): boolean {
  return (
    before.status === 'error' &&
    before.endNs !== 0n &&
    before.endNs <= latestStart(step.startNs) &&
    before.traceId === step.traceId &&
    before.parentSpanId === step.parentSpanId &&
    before.name === step.name &&
    [before, step].every(({ stepIndex, stepAttempts }) => stepIndex === -1 && stepAttempts === 0)
  )
}

/** Some clients know starts to the millisecond only, but durations exactly: then a try seems to begin before the last one ended. */
function latestStart(startNs: bigint): bigint {
  return startNs % 1_000_000n === 0n ? startNs + 999_999n : startNs
}
