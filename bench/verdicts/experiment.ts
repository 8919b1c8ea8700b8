import type { CaseOutcome, Observation } from '@weir/store/compare'
import type { Random } from './random.ts'

/** What a case is like, whichever version runs it. */
interface CaseNature {
  readonly key: number
  /** Median duration in nanoseconds. */
  readonly pace: number
  /** The chance that a trial passes. */
  readonly passing: number
}

/** Cases differ in duration by factors; each passes with the same chance, or one around it. */
export function cases(random: Random, n: number, passing: number, spread: number): CaseNature[] {
  return Array.from({ length: n }, (_, i) => ({
    key: i + 1,
    pace: 100e6 * Math.exp(random.normal()),
    passing: Math.min(1, Math.max(0, passing + spread * (2 * random.uniform() - 1))),
  }))
}

/** One execution of the cases. */
export interface Executed {
  readonly observations: Observation[]
  readonly outcomes: CaseOutcome[]
}

export function execute(
  random: Random,
  natures: readonly CaseNature[],
  trials: number,
  change: { readonly slower?: number; readonly passing?: number } = {},
): Executed {
  const executed: Executed = { observations: [], outcomes: [] }
  for (let trial = 0; trial < trials; trial++) {
    for (const { key, pace, passing } of natures) {
      const duration = pace * (change.slower ?? 1) * Math.exp(0.3 * random.normal())
      executed.observations.push({ key, duration, succeeded: true })
      executed.outcomes.push({ caseId: String(key), passed: random.chance(change.passing ?? passing) })
    }
  }
  return executed
}
