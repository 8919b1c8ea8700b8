import { addUsage } from './count-usage.ts'
import type { Payload } from './payload.ts'
import type { Detail, Run, Step, Usage } from './run.ts'
import type { SpanFacts } from './span-facts.ts'

/** What was read of a span's input and output. */
export interface ReadPayload {
  readonly payload: Payload
  /** As {@link Detail.unreadBytes}. */
  readonly unreadBytes: number
}

/** The details of a run's steps and calls, in their order. */
export function describeDetails(
  { steps, calls }: Pick<Run, 'steps' | 'calls'>,
  payloadOf: (span: SpanFacts) => ReadPayload,
): { readonly steps: readonly Detail[]; readonly calls: readonly Detail[] } {
  const usages = usagesOf(steps)
  return {
    steps: steps.map(({ span }, at) => toDetail(span, usages[at]!, payloadOf(span))),
    calls: calls.map(({ span, usage }) => toDetail(span, usage, payloadOf(span))),
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
