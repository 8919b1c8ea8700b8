import { addUsage, isModel, NO_USAGE } from './count-usage.ts'
import { type RunTime, uncertaintyOf } from './describe-steps.ts'
import { byStart, compareText, type PlacedSpan } from './placed-span.ts'
import type { Call, ModelUse, Usage } from './run.ts'
import type { SpanFacts } from './span-facts.ts'
import { statusOf } from './status.ts'

const CALL_KINDS: ReadonlySet<string> = new Set(['model', 'tool', 'agent', 'retriever', 'embedder'])

/** The calls of models, tools, agents, retrievers and embedders of a run at any depth, whether or not it has steps. By start. */
export function describeCalls(members: readonly PlacedSpan[], run: RunTime): Call[] {
  return members
    .filter(({ facts, isModelCall }) => CALL_KINDS.has(facts.kind) && (isModelCall || !isModel(facts)))
    .sort(byStart)
    .map(({ facts, step }) => ({
      name: nameOf(facts),
      kind: facts.kind,
      status: statusOf(facts.status, { ended: facts.endNs !== 0n, expired: run.expired }),
      startNs: Number(facts.startNs - run.startNs),
      durationNs: durationOf(facts),
      uncertainNs: uncertaintyOf(facts, run.startNs),
      step,
      span: facts,
    }))
}

function nameOf({ kind, model, name }: SpanFacts): string {
  return (kind === 'model' || kind === 'embedder') && model !== '' ? model : name
}

/** 0: not ended, or ended before it began. */
export function durationOf({ startNs, endNs }: SpanFacts): number {
  return endNs > startNs ? Number(endNs - startNs) : 0
}

interface Sum {
  readonly model: string
  readonly provider: string
  calls: number
  errors: number
  durationNs: number
  usage: Usage
}

/** What a run asked of each model of each provider. Wrappers of a call name its model too; they are no calls. */
export function describeModels(members: readonly PlacedSpan[]): ModelUse[] {
  const sums = new Map<string, Sum>()
  for (const { facts, counted, isModelCall } of members) {
    if (facts.model === '' || (!isModelCall && counted === NO_USAGE)) continue
    const key = `${facts.model}\0${facts.provider}`
    let sum = sums.get(key)
    if (sum === undefined) {
      const { model, provider } = facts
      sum = { model, provider, calls: 0, errors: 0, durationNs: 0, usage: NO_USAGE }
      sums.set(key, sum)
    }
    sum.usage = addUsage(sum.usage, counted)
    if (!isModelCall) continue
    sum.calls += 1
    sum.errors += Number(facts.status === 'error')
    sum.durationNs += durationOf(facts)
  }
  return [...sums.values()]
    .sort((a, b) => compareText(a.model, b.model) || compareText(a.provider, b.provider))
    .map(({ model, provider, calls, errors, durationNs, usage }) => ({
      model,
      provider,
      calls,
      errors,
      durationNs,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cachedInputTokens: usage.cachedInputTokens,
      reasoningTokens: usage.reasoningTokens,
      cost: usage.cost,
      unpricedTokens: usage.unpricedTokens,
    }))
}
