import type { Usage } from './run.ts'

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  reasoningTokens: 0,
  cost: 0,
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
  }
}
