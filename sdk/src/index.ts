export type { CaptureOptions, CaptureSource } from './capture-settings.ts'
export type { InitOptions } from './configuration.ts'
export type { FlushResult } from './delivery.ts'
export type { Duration } from './duration.ts'
export { FlowValidationError, StepTimeoutError, UsageError } from './errors.ts'
export {
  type DefineFlow,
  type Flow,
  type FlowHandler,
  type FlowOptions,
  flow,
  type RunArguments,
} from './flow.ts'
export { flush, init, shutdown, spanProcessor } from './init.ts'
export {
  type ModelCall,
  type ModelSpan,
  type ToolCall,
  type ToolSpan,
  traceModel,
  traceTool,
  type Usage,
} from './model.ts'
export { type ObserveOptions, observe } from './observe/observe.ts'
export type { RetryOptions } from './retry.ts'
export type { RunOptions } from './run.ts'
export { currentRunId, type ExperimentTrial, newRunId, withSession } from './run-state.ts'
export type { InputOf, OutputOf, Schema, SchemaIssue } from './schema.ts'
export type { StepContext, StepOptions } from './step-options.ts'
