export type { InitOptions } from './configuration.ts'
export type { FlushResult } from './delivery/delivery.ts'
export type { ExportResult, SpanExporter } from './delivery/span-exporter.ts'
export type { RememberedStep } from './durable/journal.ts'
export type { PendingWait, RunRecord, RunStatus } from './durable/run-record.ts'
export type { SignalOptions, StoredRun } from './durable/stored-run.ts'
export { NotStorableError } from './durable/stored-value.ts'
export { type Signal, signal, type WaitOptions } from './durable/waits.ts'
export type { Duration, LongDuration } from './duration.ts'
export {
  FlowValidationError,
  RunTimeoutError,
  StepTimeoutError,
  TerminalError,
  UsageError,
  WaitTimeoutError,
} from './errors.ts'
export {
  type DefineFlow,
  type Flow,
  type FlowHandler,
  type FlowOptions,
  type FlowSchemas,
  flow,
  type RunArguments,
  resumeRuns,
} from './flow/flow.ts'
export type { FlowHooks, RunEvent } from './flow/hooks.ts'
export type { MapOptions, ParallelOptions, Settled } from './flow/parallel.ts'
export type { FlowCarrier } from './flow/propagation.ts'
export type { RetryOptions } from './flow/retry.ts'
export type { FlowContext } from './flow/run-context.ts'
export type { RunHandle } from './flow/run-handle.ts'
export type { RunOptions } from './flow/run-options.ts'
export { currentRunId, type ExperimentTrial, type StepResult, withSession } from './flow/run-state.ts'
export type { InputOf, OutputOf, Schema, SchemaIssue } from './flow/schema.ts'
export type { StepContext, StepOptions } from './flow/step-options.ts'
export { flush, init, type SpanProcessor, shutdown, spanProcessor } from './init.ts'
export { type ObserveOptions, observe } from './observe/observe.ts'
export type { Session, Turn } from './sessions/session.ts'
export { newRunId } from './spans/ids.ts'
export {
  type ModelCall,
  type ModelSpan,
  type ToolCall,
  type ToolSpan,
  traceModel,
  traceTool,
  type Usage,
} from './spans/model.ts'
export type { ReadableSpan, SpanEvent } from './spans/span.ts'
export type { CaptureOptions, CaptureSource } from './values/capture-settings.ts'
