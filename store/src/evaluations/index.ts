export {
  BaselineError,
  listBaselines,
  promoteExperiment,
  resolveBaseline,
} from './baselines.ts'
export { canonicalJson } from './canonical-json.ts'
export { countCaseChanges } from './case-changes.ts'
export type { PushedDataset } from './datasets.ts'
export {
  DatasetError,
  findCase,
  getDatasetCases,
  hashCases,
  listDatasets,
  listDatasetVersions,
  pushDataset,
  resolveDataset,
  storeCases,
} from './datasets.ts'
export {
  getExperiment,
  listEvaluations,
  listExperiments,
  listTrends,
} from './experiment-pages.ts'
export type { RunUsage } from './experiments.ts'
export {
  findExperiment,
  findExperimentTraces,
  findPassedExperiment,
  findRunsOfTraces,
  readExperimentUsage,
  upsertExperiment,
} from './experiments.ts'
export { addMonitor, listMonitors, readMonitors, removeMonitor } from './monitors.ts'
export { insertResults, listCaseResults, listResults } from './results.ts'
export { getRunScores, insertScores, listFlowScores } from './scores.ts'
export type { SettledRunRef } from './settled-runs.ts'
export { findSettledRuns, latestMonitorScore, readClock } from './settled-runs.ts'
export type {
  Baseline,
  Case,
  CaseChange,
  CaseChangeCount,
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
  GateResult,
  Monitor,
  MonitorSummary,
  Outcome,
  Result,
  ResultKind,
  Score,
  ScoreSummary,
  StoredScore,
} from './types.ts'
