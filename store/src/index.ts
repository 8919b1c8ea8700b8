export {
  BaselineError,
  listBaselines,
  promoteExperiment,
  promoteWindow,
  resolveBaseline,
} from './evaluations/baselines.ts'
export { canonicalJson } from './evaluations/canonical-json.ts'
export {
  getDatasetCases,
  hashCases,
  listDatasets,
  listDatasetVersions,
  parseDatasetReference,
  pushDataset,
  resolveDataset,
} from './evaluations/datasets.ts'
export { getExperiment, listEvaluations, listExperiments } from './evaluations/experiment-pages.ts'
export { findExperiment, upsertExperiment } from './evaluations/experiments.ts'
export { addMonitor, listMonitors, readMonitors, removeMonitor } from './evaluations/monitors.ts'
export { insertResults, listCaseResults, listResults } from './evaluations/results.ts'
export { getRunScores, insertScores, listFlowScores } from './evaluations/scores.ts'
export type {
  Baseline,
  Case,
  CaseCheckResult,
  CaseCursor,
  CaseResult,
  CaseResultPage,
  CheckSummary,
  DatasetVersion,
  EvaluationSummary,
  Experiment,
  ExperimentDetail,
  ExperimentStatus,
  ExperimentSummary,
  GateOutcome,
  Monitor,
  MonitorSummary,
  Outcome,
  Result,
  ResultKind,
  Score,
  ScoreSummary,
  StoredScore,
} from './evaluations/types.ts'
