import { addUsage, NO_USAGE } from './count-usage.ts'
import type { Execution } from './find-steps.ts'
import type { PlacedSpan } from './placed-span.ts'
import type { Step, Usage } from './run.ts'
import type { SpanFacts } from './span-facts.ts'
import { statusOf } from './status.ts'

/** When a run began, and whether it has expired. */
export interface RunTime {
  readonly startNs: bigint
  readonly expired: boolean
}

/** Marks each span of a run with the step execution that it is, or that is around it. Parents come before their children. */
export function markSteps(members: readonly PlacedSpan[], executions: readonly Execution[]): void {
  executions.forEach((execution, index) => {
    for (const span of execution) span.step = index
  })
  for (const span of members) if (span.step < 0) span.step = stepAround(span)
}

/** Index of the step execution around a span that has been marked; -1: none. */
function stepAround({ parent, runId }: PlacedSpan): number {
  return parent?.runId === runId ? parent.step : -1
}

export function describeSteps(
  members: readonly PlacedSpan[],
  executions: readonly Execution[],
  run: RunTime,
): Step[] {
  const usages = sumUsages(members, executions.length)
  const seen = new Map<string, number>()
  return executions.map((tries, index) => {
    const [first, last] = [tries[0]!, tries.at(-1)!]
    const { name, kind, stepIndex } = first.facts
    const occurrence = seen.get(name) ?? 0
    seen.set(name, occurrence + 1)
    return {
      name,
      occurrence: stepIndex >= 0 ? stepIndex : occurrence,
      kind,
      status: statusOf(last.facts.status, { ended: last.facts.endNs !== 0n, expired: run.expired }),
      startNs: Number(first.facts.startNs - run.startNs),
      durationNs: durationOf(tries),
      uncertainNs: greatest(tries, ({ facts }) => uncertaintyOf(facts, run.startNs)),
      attempts: Math.max(greatest(tries, attemptsOf), tries.length),
      fallback: tries.some(({ facts }) => facts.stepFallback),
      parent: stepAround(first),
      span: last.facts,
      usage: usages[index]!,
    }
  })
}

function greatest(tries: Execution, value: (span: PlacedSpan) => number): number {
  return tries.reduce((most, span) => Math.max(most, value(span)), 0)
}

/** From the start of the first try to the end of the last. */
function durationOf(tries: Execution): number {
  const startNs = tries[0]!.facts.startNs
  let endNs = startNs
  for (const { facts } of tries) if (facts.endNs > endNs) endNs = facts.endNs
  return Number(endNs - startNs)
}

/** Nanoseconds by which a span's times contradict its run's, or each other: clocks of several machines, or of one that was set. */
export function uncertaintyOf({ startNs, endNs }: SpanFacts, runStartNs: bigint): number {
  const before = startNs < runStartNs ? runStartNs - startNs : 0n
  const backwards = endNs !== 0n && endNs < startNs ? startNs - endNs : 0n
  return Number(before > backwards ? before : backwards)
}

/** As declared, or as many as it has spans of kind attempt. */
function attemptsOf({ facts, children }: PlacedSpan): number {
  const attempts = children.reduce((sum, child) => sum + Number(child.facts.kind === 'attempt'), 0)
  return Math.max(1, facts.stepAttempts, attempts)
}

function sumUsages(members: readonly PlacedSpan[], steps: number): Usage[] {
  const usages = new Array<Usage>(steps).fill(NO_USAGE)
  for (const { step, counted } of members) {
    if (step >= 0) usages[step] = addUsage(usages[step]!, counted)
  }
  return usages
}
