import type { CaseResult } from '@weir/store'

/** The trial, one of its checks, or a score by more than a hundredth, came out otherwise than in the baseline. */
export function isDifference({ outcome, baselineOutcome, results }: CaseResult): boolean {
  if (baselineOutcome === undefined) return false
  return (
    outcome !== baselineOutcome ||
    results.some(
      (result) =>
        (result.baselineOutcome !== undefined && result.baselineOutcome !== result.outcome) ||
        (result.baselineScore !== undefined && Math.abs(result.baselineScore - result.score) > 0.01),
    )
  )
}

/** Order of trials on the page: what got worse, what else differs, what did not pass, the rest. */
export function rankCase(row: CaseResult): number {
  const different = isDifference(row)
  if (different && row.outcome !== 'passed') return 0
  if (different) return 1
  return row.outcome === 'passed' ? 3 : 2
}
