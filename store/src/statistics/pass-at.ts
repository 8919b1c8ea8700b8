import type { Interval } from './interval.ts'
import { shareInterval } from './share-interval.ts'

/** How often one of k trials of a case passes, and how often all of them do, over all cases. */
export interface PassAt {
  readonly k: number
  /** pass@k: the chance that at least one of k trials passes. */
  readonly any: number
  readonly anyInterval: Interval
  /** pass^k: the chance that all k trials pass. */
  readonly all: number
  readonly allInterval: Interval
}

/** Trials of one case. */
export interface CaseTrials {
  readonly trials: number
  readonly passed: number
}

/**
 * pass@k and pass^k, as means over the cases of their unbiased estimates. Those of a case that passed c of n trials are
 * 1 - C(n - c, k) / C(n, k) and C(c, k) / C(n, k). Undefined if a case has fewer than k trials.
 *
 * Source: Chen et al. (2021), Evaluating Large Language Models Trained on Code, arXiv 2107.03374, section 2.1, for pass@k; Yao et al. (2024),
 * tau-bench, arXiv 2406.12045, section 4, for pass^k. The intervals are those of {@link shareInterval}.
 */
export function passAt(cases: readonly CaseTrials[], k: number): PassAt | undefined {
  if (cases.length === 0 || cases.some(({ trials }) => trials < k)) return undefined
  const mean = (of: (one: CaseTrials) => number) =>
    cases.reduce((sum, one) => sum + of(one), 0) / cases.length
  const any = 1 - mean(({ trials, passed }) => chanceOfAll(trials, trials - passed, k))
  const all = mean(({ trials, passed }) => chanceOfAll(trials, passed, k))
  return {
    k,
    any,
    anyInterval: shareInterval(any, cases.length),
    all,
    allInterval: shareInterval(all, cases.length),
  }
}

/** C(c, k) / C(n, k): the chance that k of n, drawn without putting back, are all among c of them. */
function chanceOfAll(n: number, c: number, k: number): number {
  let chance = 1
  for (let i = 0; i < k; i++) chance *= Math.max(0, c - i) / (n - i)
  return chance
}
