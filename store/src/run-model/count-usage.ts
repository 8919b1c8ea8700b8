import type { PlacedSpan } from './placed-span.ts'
import type { Usage } from './run.ts'
import type { SpanFacts } from './span-facts.ts'
import { NO_USAGE } from './usage.ts'

const MEASURES = ['inputTokens', 'outputTokens', 'cachedInputTokens', 'reasoningTokens', 'cost'] as const
/** Bits of calls themselves: a wrapper of a model's call is often a model's span too. */
const CALLS: Readonly<Record<string, number>> = { model: 1 << 5, embedder: 1 << 6, reranker: 1 << 7 }
const ALL_MEASURES = (1 << MEASURES.length) - 1

/**
 * Counts each measure once: a span's counts unless a span below it says the same measure, since agents and wrappers repeat
 * what their children say. A model whose tool calls another model does not: what its tools take is not part of what it says.
 * @param spans of one trace, parents before their children
 */
export function countUsage(spans: readonly PlacedSpan[]): void {
  for (let at = spans.length - 1; at >= 0; at--) {
    const span = spans[at]!
    const said = measuresOf(span.facts)
    const { parent, saidBelow, saidBelowByItself } = span
    if (said !== 0) {
      const counted = said & ~(isModel(span.facts) ? saidBelowByItself : saidBelow)
      span.isModelCall = counted > ALL_MEASURES
      span.counted = pick(span.facts, counted)
    }
    if (parent === undefined) continue
    parent.saidBelow |= said | saidBelow
    if (span.facts.kind !== 'tool') parent.saidBelowByItself |= said | saidBelowByItself
  }
}

function measuresOf(facts: SpanFacts): number {
  let said = CALLS[facts.kind] ?? 0
  if (facts.inputTokens > 0) said |= 1
  if (facts.outputTokens > 0) said |= 2
  if (facts.cachedInputTokens > 0) said |= 4
  if (facts.reasoningTokens > 0) said |= 8
  if (facts.cost > 0) said |= 16
  return said
}

export function isModel({ kind }: SpanFacts): boolean {
  return kind === 'model' || kind === 'embedder' || kind === 'reranker'
}

function pick(facts: SpanFacts, counted: number): Usage {
  if ((counted & ALL_MEASURES) === 0) return NO_USAGE
  const value = (bit: number) => ((counted & (1 << bit)) === 0 ? 0 : facts[MEASURES[bit]!])
  return {
    inputTokens: value(0),
    outputTokens: value(1),
    cachedInputTokens: value(2),
    reasoningTokens: value(3),
    cost: value(4),
  }
}
