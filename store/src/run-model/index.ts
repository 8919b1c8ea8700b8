export type { RecordedSpan } from './recorded-spans.ts'
export { readSpans, toRunRecords } from './recorded-spans.ts'
export type {
  CallRecord,
  ChildRun,
  Content,
  Detail,
  ModelUse,
  RunRecord,
  Status,
  StepRecord,
  Usage,
  ValueType,
} from './run.ts'
export { STATUSES } from './run.ts'
export { STEP_ROLES, type StepRole } from './span-facts.ts'
