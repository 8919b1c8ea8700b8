export type { Interval } from '../statistics/interval.ts'
export { type CaseTrials, type PassAt, passAt } from '../statistics/pass-at.ts'
export { shareInterval } from '../statistics/share-interval.ts'
export type { BaselineGates, DropGate, IncreaseGate } from './baseline-gates.ts'
export { baselineGates, judgeBaselineGates, unverifiableBaselineGates } from './baseline-gates.ts'
export type { CompareParams } from './compare.ts'
export { compare } from './compare.ts'
export type {
  CaseMetricComparison,
  CaseMetricKind,
  ComparedSide,
  Comparison,
  Estimate,
  LoneCases,
  LoneStep,
  MetricComparison,
  Note,
  OverallVerdict,
  Pairing,
  StepComparison,
  Verdict,
} from './comparison.ts'
export { type Decision, decideBaselineGates } from './decided-gates.ts'
export type { Metric } from './judge.ts'
export { COMPARISON_RULE } from './judge.ts'
export type { ExperimentRuns } from './judge-runs.ts'
export { judgeAdjusted, judgeExperiments, judgeRuns } from './judge-runs.ts'
export type { TrialValue, TrialValues } from './measure-cases.ts'
export type { Observation } from './observation.ts'
export type { Side, SideRestriction, Window } from './side.ts'
export { CompareError, describeSide, formatSide, parseSide } from './side.ts'
export type { SideStats } from './side-queries.ts'
