import type { CaseMetricComparison, StepComparison } from './comparison.ts'
import { judge } from './judge.ts'
import { type Measured, measure } from './measure.ts'
import { measureAdjusted } from './measure-adjusted.ts'
import { measureCases, type TrialValues } from './measure-cases.ts'
import { measurePaired } from './measure-paired.ts'
import { type Observation, statsOf } from './observation.ts'

/**
 * What a comparison says of two sets of whole runs, as if all of them were read from the store: for simulations.
 * @param base in the order in which they started
 * @param anytime whether the verdict must hold however often one looks while runs arrive
 */
export function judgeRuns(
  base: readonly Observation[],
  candidate: readonly Observation[],
  anytime = false,
): StepComparison['metrics'] {
  return judge([measure(toMeasured(base), toMeasured(candidate), anytime)]).steps[0]!
}

/** The same within strata. */
export function judgeAdjusted(
  base: readonly Observation[],
  candidate: readonly Observation[],
): StepComparison['metrics'] {
  return judge([measureAdjusted(toMeasured(base), toMeasured(candidate))]).steps[0]!
}

/** One execution of an evaluation. The keys of its observations are its cases, and stand in the order of trials. */
export interface ExperimentRuns {
  readonly observations: readonly Observation[]
  readonly values: readonly TrialValues[]
}

/** The same of two experiments, paired by case. */
export function judgeExperiments(
  base: ExperimentRuns,
  candidate: ExperimentRuns,
  anytime = false,
): { readonly metrics: StepComparison['metrics']; readonly caseMetrics: readonly CaseMetricComparison[] } {
  const { steps, caseMetrics } = judge(
    [measurePaired(toMeasured(base.observations), toMeasured(candidate.observations), anytime)],
    measureCases(base.values, candidate.values, anytime),
  )
  return { metrics: steps[0]!, caseMetrics }
}

function toMeasured(observations: readonly Observation[]): Measured {
  return { stats: statsOf(observations), observations }
}
