export type { CompareParams } from './compare.ts'
export { compare } from './compare.ts'
export type {
  ComparedSide,
  Comparison,
  Estimate,
  LoneStep,
  MetricComparison,
  Note,
  OverallVerdict,
  StepComparison,
  Verdict,
} from './comparison.ts'
export type { Metric } from './judge.ts'
export { COMPARISON_RULE } from './judge.ts'
export { judgeRuns } from './judge-runs.ts'
export type { Observation } from './observation.ts'
export type { CaseOutcome, PassRateComparison } from './pass-rates.ts'
export { comparePassRates } from './pass-rates.ts'
export type { Side, SideRestriction, Window } from './side.ts'
export { CompareError, describeSide, formatSide, parseSide } from './side.ts'
export type { SideStats } from './side-queries.ts'
