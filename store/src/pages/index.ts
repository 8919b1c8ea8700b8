export { CursorError } from './cursor.ts'
export type { DiskUsage, ProjectUsage, TableUsage } from './disk-usage.ts'
export { getDiskUsage } from './disk-usage.ts'
export type { RunFilter } from './filter.ts'
export type { FilterOptions, Offered } from './filter-options.ts'
export { getFilterOptions } from './filter-options.ts'
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
} from './flow.ts'
export { getFlowPage, listVersions } from './flow.ts'
export { isKnownFlow } from './known-flow.ts'
export type { Attribute, SpanEvent, SpanLink } from './otlp-json.ts'
export type { FlowSearch, FlowSummary, Overview } from './overview.ts'
export { getOverview } from './overview.ts'
export type { RunPage, RunStep } from './run.ts'
export { findRunId, getRunPage } from './run.ts'
export type { RunCount } from './run-count.ts'
export { countMatching, countRuns } from './run-count.ts'
export { ORDERS, type RunOrder } from './run-order.ts'
export { getRunRecords, readRunRecords } from './run-records.ts'
export type { RunRow, RunRowJson } from './run-row.ts'
export { toRunRowJson } from './run-row.ts'
export type { RunSearch, RunsPage } from './runs.ts'
export { searchRuns } from './runs.ts'
export type { SessionPage, SessionRun } from './session.ts'
export { getSessionPage } from './session.ts'
export type { SpanDetail } from './span.ts'
export { getSpan } from './span.ts'
export type { SpanName, SpanNode } from './span-tree.ts'
export type { StoreStats } from './status.ts'
export { getStoreStats, latestSettled } from './status.ts'
export type { StoreHealth } from './store-health.ts'
export { getClickHouseDisk, getStoreHealth } from './store-health.ts'
export type { RunTotals } from './totals.ts'
