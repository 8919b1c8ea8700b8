import { formatCost, formatExact } from './number.ts'

/** What a run, or anything else that is counted, cost as far as that is known. */
interface Cost {
  /** US dollars. */
  readonly cost: number
  /** Tokens whose cost nobody knows. */
  readonly unpricedTokens: number
}

/** "$0.42", "≥ $0.42" where that is the known part, "unknown" where there is none; of one of `per` equal parts. */
export function formatKnownCost({ cost, unpricedTokens }: Cost, per = 1): string {
  const known = formatCost(cost / Math.max(per, 1))
  if (unpricedTokens === 0) return known
  return cost === 0 ? 'unknown' : `≥ ${known}`
}

/** What is unknown of a cost, and what to do about it; undefined: nothing. */
export function describeUnknownCost({ unpricedTokens }: Pick<Cost, 'unpricedTokens'>): string | undefined {
  if (unpricedTokens === 0) return undefined
  const tokens = unpricedTokens === 1 ? '1 token' : `${formatExact(unpricedTokens)} tokens`
  return `Nobody knows the cost of ${tokens}: no client said it, and no price of their model is known. Name it in the file of WEIR_PRICES.`
}
