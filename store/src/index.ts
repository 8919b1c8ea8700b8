export { pingUrl, StoreSilentError, whileAnswering } from './answer.ts'
export type { CompareParams } from './compare/compare.ts'
export { compare } from './compare/compare.ts'
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
} from './compare/comparison.ts'
export { describeSide, formatSide } from './compare/format-side.ts'
export { parseSide } from './compare/parse-side.ts'
export type { CaseOutcome, PassRateComparison } from './compare/pass-rates.ts'
export { comparePassRates } from './compare/pass-rates.ts'
export type { Metric } from './compare/rule.ts'
export { COMPARISON_RULE } from './compare/rule.ts'
export type { Side, SideRestriction, Window } from './compare/side.ts'
export { CompareError } from './compare/side.ts'
export type { SideStats } from './compare/side-queries.ts'
export { storeOptionsFromEnv } from './config.ts'
export { cutText } from './cut-text.ts'
export type { DiskSpace } from './disk-space.ts'
export { directorySpace, diskProblem, formatSpace, isDiskFull } from './disk-space.ts'
export {
  BaselineError,
  listBaselines,
  promoteExperiment,
  resolveBaseline,
} from './evaluations/baselines.ts'
export { canonicalJson } from './evaluations/canonical-json.ts'
export type { PushedDataset } from './evaluations/datasets.ts'
export {
  DatasetError,
  getDatasetCases,
  hashCases,
  listDatasets,
  listDatasetVersions,
  pushDataset,
  resolveDataset,
} from './evaluations/datasets.ts'
export {
  getExperiment,
  listEvaluations,
  listExperiments,
  listTrends,
} from './evaluations/experiment-pages.ts'
export { findExperimentRuns, findExperimentTraces } from './evaluations/experiment-traces.ts'
export { findExperiment, upsertExperiment } from './evaluations/experiments.ts'
export { addMonitor, listMonitors, readMonitors, removeMonitor } from './evaluations/monitors.ts'
export { insertResults, listCaseResults, listResults } from './evaluations/results.ts'
export { getRunScores, insertScores, listFlowScores } from './evaluations/scores.ts'
export type { SettledRunRef } from './evaluations/settled-runs.ts'
export { findSettledRuns, latestMonitorScore, readClock } from './evaluations/settled-runs.ts'
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
export type { ExportParams } from './export/export-traces.ts'
export { exportTraces } from './export/export-traces.ts'
export { findTracesOfRun } from './export/traces-of-run.ts'
export type { InsertFailure } from './insert-failure.ts'
export { insertFailureOf, isCodeOfColumns } from './insert-failure.ts'
export type { NewApiKey } from './keys/api-key.ts'
export { apiKeyId, hashApiKey } from './keys/api-key.ts'
export type { ApiKey } from './keys/api-keys.ts'
export { createApiKey, forgetApiKeys, listApiKeys, revokeApiKey } from './keys/api-keys.ts'
export { requireKnownSchema } from './known-schema.ts'
export { migrate } from './migrate.ts'
export type { AttributeSearch } from './pages/attribute-search.ts'
export { CursorError } from './pages/cursor.ts'
export type { RunFilter } from './pages/filter.ts'
export type { FilterOptions, Offered } from './pages/filter-options.ts'
export { getFilterOptions } from './pages/filter-options.ts'
export type {
  FlowCursors,
  FlowFilter,
  FlowPage,
  FlowSeries,
  SeriesPoint,
  StepStats,
  StepsPage,
  VersionStats,
  VersionsPage,
} from './pages/flow.ts'
export { getFlowPage, listVersions } from './pages/flow.ts'
export { isKnownFlow } from './pages/known-flow.ts'
export type { Attribute, SpanEvent, SpanLink } from './pages/otlp-json.ts'
export type { FlowSearch, FlowSummary, Overview } from './pages/overview.ts'
export { getOverview } from './pages/overview.ts'
export type { RunPage, RunStep } from './pages/run.ts'
export { findRunId, getRunPage } from './pages/run.ts'
export type { RunCount } from './pages/run-count.ts'
export { countMatching, countRuns } from './pages/run-count.ts'
export { getRunRecords, readRunRecords } from './pages/run-records.ts'
export type { RunRow } from './pages/run-row.ts'
export type { RunSearch, RunsPage } from './pages/runs.ts'
export { searchRuns } from './pages/runs.ts'
export type { SessionPage, SessionRun } from './pages/session.ts'
export { getSessionPage } from './pages/session.ts'
export type { SpanDetail } from './pages/span.ts'
export { getSpan } from './pages/span.ts'
export type { SpanName, SpanNode } from './pages/span-tree.ts'
export type { StoreStats } from './pages/status.ts'
export { getStoreStats, latestSettled } from './pages/status.ts'
export type { StoreHealth } from './pages/store-health.ts'
export { getClickHouseDisk, getStoreHealth } from './pages/store-health.ts'
export type { RunTotals } from './pages/totals.ts'
export type { Refusal, RequestHead, Trusted } from './request-guard.ts'
export { refusalOf, requestHead } from './request-guard.ts'
export type { RecordedSpan } from './run-model/recorded-spans.ts'
export { readSpans, toRunRecords } from './run-model/recorded-spans.ts'
export type {
  CallRecord,
  ChildRun,
  ModelUse,
  RunRecord,
  Status,
  StepRecord,
  ValueType,
} from './run-model/run.ts'
export { STATUSES } from './run-model/run.ts'
export { SchemaError } from './schema-error.ts'
export { MOST_FLOWS, OTHER_FLOWS } from './settle/known-flows.ts'
export type { RunOfProject } from './settle/pass.ts'
export type { FailedTrace, Memory, QuietParams, Settled } from './settle/settle.ts'
export { createMemory, settleQuiet, settleTraces } from './settle/settle.ts'
export { Sweep } from './settle/sweep.ts'
export type { SpanColumn } from './span-columns.ts'
export { SPAN_COLUMNS } from './span-columns.ts'
export type { QueryParams, Store, StoreOptions } from './store.ts'
export { createStore, execute, firstRow, insert, rows } from './store.ts'
export { ExactJsonError, equalsExact, parseExact, requireExact, stringifyExact } from './text/exact-json.ts'
export { printed, printedLines } from './text/printed.ts'
export { shellWord } from './text/shell-word.ts'
export { decodeUtf8, isUtf16, Utf8Error } from './text/utf8.ts'
