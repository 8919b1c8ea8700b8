import type { PlacedSpan } from './placed-span.ts'
import type { Usage } from './run.ts'
import type { SpanFacts } from './span-facts.ts'

const MEASURES = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'reasoningTokens', 'cost'] as const
const COST = 1 << 4
/** The bit of an estimated cost, and of one that could not be estimated. */
const ESTIMATE = 1 << MEASURES.length
const ALL_MEASURES = (1 << (MEASURES.length + 1)) - 1
/** Bits of calls themselves: a wrapper of a model's call is often a model's span too. */
const CALLS: Readonly<Record<string, number>> = { model: 1 << 6, embedder: 1 << 7, reranker: 1 << 8 }

/**
 * Counts each measure once: a span's counts unless a span below it says the same measure, since agents and wrappers repeat
 * what their children say. A model whose tool calls another model does not: what its tools take is not part of what it says.
 * An estimated cost counts where nobody said one: neither below the span, nor above it, of a span that it is part of. So do tokens
 * whose cost is unknown. An estimate of a span above them does not: it would be of the same tokens, by the price of another model.
 * @param spans of one trace, parents before their children
 */
export function countUsage(spans: readonly PlacedSpan[]): void {
  let estimates = false
  for (let at = spans.length - 1; at >= 0; at--) {
    const span = spans[at]!
    const said = measuresOf(span.facts)
    const { parent, saidBelow, saidBelowByItself } = span
    if (said !== 0) {
      const below = isModel(span.facts) ? saidBelowByItself : saidBelow
      const counted = said & ~((below & COST) === 0 ? below : below | ESTIMATE)
      span.isModelCall = counted > ALL_MEASURES
      span.counted = pick(span.facts, counted, (below & COST) === 0)
      estimates ||= (counted & ESTIMATE) !== 0 || span.counted.unpricedTokens > 0
    }
    if (parent === undefined) continue
    parent.saidBelow |= said | saidBelow
    if (span.facts.kind !== 'tool') parent.saidBelowByItself |= said | saidBelowByItself
  }
  if (estimates) dropEstimates(spans)
}

const BY_MODEL = 1
const BY_OTHER = 2

/** Takes back the estimates below spans whose own word on the cost counts. */
function dropEstimates(spans: readonly PlacedSpan[]): void {
  for (const span of spans) {
    const { facts, parent } = span
    // What a model says is not of its tools.
    if (parent !== undefined)
      span.costAbove = facts.kind === 'tool' ? parent.costAbove & ~BY_MODEL : parent.costAbove
    const { cost, unpricedTokens } = span.counted
    if (cost === 0 && unpricedTokens === 0) continue
    if (!facts.isCostEstimated && !facts.isCostUnknown) span.costAbove |= isModel(facts) ? BY_MODEL : BY_OTHER
    else if (span.costAbove !== 0) span.counted = { ...span.counted, cost: 0, unpricedTokens: 0 }
  }
}

function measuresOf(facts: SpanFacts): number {
  let said = CALLS[facts.kind] ?? 0
  if (facts.inputTokens > 0) said |= 1
  if (facts.outputTokens > 0) said |= 2
  if (facts.cachedInputTokens > 0) said |= 4
  if (facts.reasoningTokens > 0) said |= 8
  if (facts.cost > 0) said |= facts.isCostEstimated ? ESTIMATE : COST
  else if (facts.isCostUnknown) said |= ESTIMATE
  return said
}

export function isModel({ kind }: SpanFacts): boolean {
  return kind === 'model' || kind === 'embedder' || kind === 'reranker'
}

/** @param isCostUnsaid whether no span below says a cost, which would be that of its tokens too */
function pick(facts: SpanFacts, counted: number, isCostUnsaid: boolean): Usage {
  if ((counted & ALL_MEASURES) === 0) return NO_USAGE
  const value = (bit: number) => ((counted & (1 << bit)) === 0 ? 0 : facts[MEASURES[bit]!])
  const isCostCounted = (counted & (COST | ESTIMATE)) !== 0
  const [inputTokens, outputTokens] = [value(0), value(1)]
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: value(2),
    reasoningTokens: value(3),
    cost: isCostCounted ? facts.cost : 0,
    unpricedTokens: facts.isCostUnknown && isCostUnsaid ? inputTokens + outputTokens : 0,
  }
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  reasoningTokens: 0,
  cost: 0,
  unpricedTokens: 0,
}

export function addUsage(sum: Usage, more: Usage): Usage {
  if (more === NO_USAGE) return sum
  if (sum === NO_USAGE) return more
  return {
    inputTokens: sum.inputTokens + more.inputTokens,
    outputTokens: sum.outputTokens + more.outputTokens,
    cachedInputTokens: sum.cachedInputTokens + more.cachedInputTokens,
    reasoningTokens: sum.reasoningTokens + more.reasoningTokens,
    cost: sum.cost + more.cost,
    unpricedTokens: sum.unpricedTokens + more.unpricedTokens,
  }
}
