export type { RecordedSpan } from './recorded-spans.ts'
export { readSpans, toRunRecords } from './recorded-spans.ts'
export type {
  CallRecord,
  ChildRun,
  ModelUse,
  RunRecord,
  Status,
  StepRecord,
  ValueType,
} from './run.ts'
