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
export { describeSide, formatSide } from './format-side.ts'
export { parseSide } from './parse-side.ts'
export type { CaseOutcome, PassRateComparison } from './pass-rates.ts'
export { comparePassRates } from './pass-rates.ts'
export type { Metric } from './rule.ts'
export { COMPARISON_RULE } from './rule.ts'
export type { Side, SideRestriction, Window } from './side.ts'
export { CompareError } from './side.ts'
export type { SideStats } from './side-queries.ts'
