import { byStart, compareText, type PlacedSpan } from './placed-span.ts'

/** The tries of one step execution, in order; the last one decides. */
export type Execution = readonly PlacedSpan[]

/**
 * The step executions of a run: its spans of kind step at any depth. A run without any has the direct children of its root,
 * whatever their kind, or what hangs in the air where no root came; and besides these the chains at any depth. By start.
 */
export function findSteps(
  members: readonly PlacedSpan[],
  root: PlacedSpan | undefined,
  flow: string,
): Execution[] {
  const declared = members.filter((span) => span !== root && isDeclared(span))
  if (declared.length > 0) return toExecutions(declared)
  const { steps, lookedThrough } = lookThrough(topSpans(members, root), flow)
  const chains = chainsBelow(members, root).filter((span) => !lookedThrough.has(span))
  return toExecutions([...new Set([...steps, ...chains, ...chains.flatMap(besideChains)])])
}

function isDeclared({ facts }: PlacedSpan): boolean {
  return facts.kind === 'step' && facts.stepRole === ''
}

function isChain({ facts }: PlacedSpan): boolean {
  return facts.stepRole === 'chain'
}

export function isWrapper({ facts }: PlacedSpan): boolean {
  return facts.stepRole === 'wrapper'
}

function topSpans(members: readonly PlacedSpan[], root: PlacedSpan | undefined): PlacedSpan[] {
  const isTop = ({ facts, parent, runId, begins }: PlacedSpan) => {
    if (root === undefined) return parent === undefined && begins === undefined
    // A run in several parts has a flow span for each of them, which is no step.
    if (root.begins === 'flow')
      return facts.kind !== 'flow' && parent?.runId === runId && parent.facts.kind === 'flow'
    return parent === root
  }
  return members.filter(isTop)
}

/** A lone span that has the run's name is the run once more: what is below it are the steps. */
function lookThrough(
  top: readonly PlacedSpan[],
  flow: string,
): { steps: readonly PlacedSpan[]; lookedThrough: ReadonlySet<PlacedSpan> } {
  const lookedThrough = new Set<PlacedSpan>()
  let steps = unwrap(top)
  while (steps.length === 1 && steps[0]!.facts.name === flow) {
    const below = unwrap(childrenInRun(steps[0]!))
    if (below.length === 0) break
    lookedThrough.add(steps[0]!)
    steps = below
  }
  return { steps, lookedThrough }
}

function childrenInRun({ children, runId }: PlacedSpan): PlacedSpan[] {
  return children.filter((child) => child.runId === runId)
}

/** What is below wrappers stands in their place. Attempts, and what says so, are never steps. */
function unwrap(spans: readonly PlacedSpan[]): PlacedSpan[] {
  const found: PlacedSpan[] = []
  const left = [...spans].reverse()
  for (let span = left.pop(); span !== undefined; span = left.pop()) {
    if (span.facts.kind === 'attempt' || span.facts.stepRole === 'none') continue
    const below = isWrapper(span) ? childrenInRun(span) : []
    if (below.length === 0) found.push(span)
    else for (const child of below.reverse()) left.push(child)
  }
  return found
}

/**
 * The chains below the root. One that is all there is in a chain of its name is that chain once more: a graph that is the node of
 * another.
 * @param members parents before their children
 */
function chainsBelow(members: readonly PlacedSpan[], root: PlacedSpan | undefined): PlacedSpan[] {
  const chains = members.filter((span) => span !== root && isChain(span))
  if (chains.length === 0) return chains
  const below = new Set<PlacedSpan>()
  for (const span of members) {
    const { parent } = span
    const isBelow = parent !== undefined && (parent === root || parent.begins === 'flow' || below.has(parent))
    if (root === undefined || isBelow) below.add(span)
  }
  const siblings = Map.groupBy(chains, ({ parent }) => parent)
  const isOnceMore = ({ facts, parent }: PlacedSpan) =>
    parent !== undefined &&
    isChain(parent) &&
    parent.facts.name === facts.name &&
    siblings.get(parent)!.length === 1
  return chains.filter((span) => below.has(span) && !isOnceMore(span))
}

/** In a chain, what stands beside a chain is a link like it: a prompt, a model, a retriever. What an agent calls is not. */
function besideChains(chain: PlacedSpan): PlacedSpan[] {
  const links = chain.facts.kind === 'step' ? childrenInRun(chain) : []
  if (!links.some(isChain)) return []
  return links.filter(
    ({ facts }) => facts.kind !== 'span' && facts.kind !== 'attempt' && facts.stepRole === '',
  )
}

/**
 * Steps of one label and one parent, one after the other, are tries of one execution as long as the earlier one failed. So are
 * tools: an agent calls a tool again that failed. Spans of other kinds are not.
 */
function toExecutions(steps: readonly PlacedSpan[]): Execution[] {
  const executions: PlacedSpan[][] = []
  let before: PlacedSpan | undefined
  for (const step of steps.toSorted(bySiblings)) {
    if (before !== undefined && isRetry(before, step)) executions.at(-1)!.push(step)
    else executions.push([step])
    before = step
  }
  return executions.sort(([a], [b]) => byStartAndDepth(a!, b!))
}

/** Clocks that tell milliseconds only give a step and the first one in it one start: the outer one is first. */
function byStartAndDepth(a: PlacedSpan, b: PlacedSpan): number {
  return a.facts.startNs === b.facts.startNs && a.depth !== b.depth ? a.depth - b.depth : byStart(a, b)
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
    (step.kind === 'step' || step.kind === 'tool') &&
    before.kind === step.kind &&
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
