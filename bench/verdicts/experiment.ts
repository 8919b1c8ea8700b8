import type { ExperimentRuns, Observation, TrialValue } from '@weir/store/compare'
import type { Random } from './random.ts'

/** What a case is like, whichever version runs it. Trials of a case vary by about 20 % in duration. */
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

export function execute(
  random: Random,
  natures: readonly CaseNature[],
  trials: number,
  change: { readonly slower?: number; readonly passing?: number } = {},
): ExperimentRuns {
  const observations: Observation[] = []
  const values: TrialValue[] = []
  for (let trial = 0; trial < trials; trial++) {
    for (const { key, pace, passing } of natures) {
      const duration = pace * (change.slower ?? 1) * Math.exp(0.2 * random.normal())
      observations.push({ key, duration, succeeded: true })
      values.push({ caseId: String(key), value: random.chance(change.passing ?? passing) ? 1 : 0 })
    }
  }
  return { observations, values: [{ kind: 'pass rate', name: '', values }] }
}

/** What was there after some trials of each case. */
export function firstTrials(
  { observations, values }: ExperimentRuns,
  trials: number,
  cases: number,
): ExperimentRuns {
  const first = <T>(all: readonly T[]) => all.slice(0, trials * cases)
  return {
    observations: first(observations),
    values: values.map((one) => ({ ...one, values: first(one.values) })),
  }
}
