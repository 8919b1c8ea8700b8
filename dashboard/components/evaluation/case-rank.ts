import type { CaseResult } from '@weir/store/evaluations'

/** A score that moved by no more than a hundredth is the same. */
export function changeOfScore(score: number, baseline: number): 'better' | 'worse' | 'none' {
  if (Math.abs(score - baseline) <= 0.01) return 'none'
  return score > baseline ? 'better' : 'worse'
}

/** The trial, one of its checks, or a score by more than a hundredth, came out otherwise than in the baseline. */
export function isDifference({ outcome, baselineOutcome, results }: CaseResult): boolean {
  if (baselineOutcome === undefined) return false
  return (
    outcome !== baselineOutcome ||
    results.some(
      (result) =>
        (result.baselineOutcome !== undefined && result.baselineOutcome !== result.outcome) ||
        (result.baselineScore !== undefined && changeOfScore(result.score, result.baselineScore) !== 'none'),
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
