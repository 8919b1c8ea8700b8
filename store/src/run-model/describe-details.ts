import { addUsage, NO_USAGE } from './count-usage.ts'
import type { Payload } from './payload.ts'
import { placeSpans } from './place-spans.ts'
import type { Detail, Run, Step, Usage } from './run.ts'
import type { SpanFacts } from './span-facts.ts'

/** What spans and all below them in their run used; absent: nothing. */
export type SpanUsages = ReadonlyMap<SpanFacts, Usage>

/** What was read of a span's input and output. */
export interface ReadPayload {
  readonly payload: Payload
  /** As {@link Detail.unreadBytes}. */
  readonly unreadBytes: number
}

/** The details of a run's steps and calls, in their order. */
export function describeDetails(
  { steps, calls }: Pick<Run, 'steps' | 'calls'>,
  spanUsages: SpanUsages,
  payloadOf: (span: SpanFacts) => ReadPayload,
): { readonly steps: readonly Detail[]; readonly calls: readonly Detail[] } {
  const usages = usagesOf(steps)
  return {
    steps: steps.map(({ span }, at) => toDetail(span, usages[at]!, payloadOf(span))),
    calls: calls.map(({ span }) => toDetail(span, spanUsages.get(span) ?? NO_USAGE, payloadOf(span))),
  }
}

function toDetail(
  { errorType, errorMessage }: SpanFacts,
  usage: Usage,
  { payload, unreadBytes }: ReadPayload,
): Detail {
  return { ...payload, errorType, errorMessage, usage, unreadBytes }
}

/** Of each step and all steps in it. */
function usagesOf(steps: readonly Step[]): Usage[] {
  const usages = steps.map(({ usage }) => usage)
  for (const { parent, usage } of steps) {
    for (let around = parent; around >= 0; around = steps[around]!.parent)
      usages[around] = addUsage(usages[around]!, usage)
  }
  return usages
}

/** Settling needs none of it, so it is not a part of placing spans. */
export function sumUsages(spans: readonly SpanFacts[]): SpanUsages {
  const sums = new Map<SpanFacts, Usage>()
  // Parents come before their children.
  for (const { facts, counted, parent, runId } of placeSpans(spans).reverse()) {
    const sum = addUsage(sums.get(facts) ?? NO_USAGE, counted)
    if (sum === NO_USAGE) continue
    sums.set(facts, sum)
    if (parent?.runId === runId) sums.set(parent.facts, addUsage(sums.get(parent.facts) ?? NO_USAGE, sum))
  }
  return sums
}
