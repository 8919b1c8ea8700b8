export { type Duration, DurationError, type ExitCode } from '@weir/config'
export type { Check, CheckOutcome, Judgement, Subject, TrajectoryMode } from './checks/check.ts'
export { describeCheck } from './checks/describe.ts'
export { type OutputSchema, SchemaError } from './checks/json-schema.ts'
export { judge } from './checks/judge.ts'
export {
  agents,
  type CallMatchers,
  CheckError,
  type ChildRunMatchers,
  type Count,
  childRuns,
  embedders,
  type Matchers,
  models,
  type Negated,
  type RunMatchers,
  retrievers,
  run,
  type StepMatchers,
  steps,
  tools,
} from './checks/matchers.ts'
export { parseChecks } from './checks/parse-check.ts'
export { InfrastructureError, UsageError } from './errors.ts'
export { readJsonLines, toCases } from './evaluation/cases.ts'
export { type DataSource, dataset, jsonl } from './evaluation/data-source.ts'
export type {
  CaseInput,
  Data,
  Definition,
  Evaluation,
  ExpectContext,
  FlowTask,
  Gates,
  Scored,
  ScoreGate,
  Scorer,
  ScorerFunction,
  ScorerResult,
  Task,
  TaskContext,
} from './evaluation/definition.ts'
export { evaluate } from './evaluation/evaluate.ts'
export { findEvalFiles, loadEvalFile } from './evaluation/load-file.ts'
export { exitCodeOf, toExitCode } from './experiment/exit-code.ts'
export type { Plan, RunSettings } from './experiment/plan.ts'
export type { ExperimentReport, Mode } from './experiment/report.ts'
export { type EvaluationMode, prepareMode, runEvaluation } from './experiment/run-evaluation.ts'
export type { TrialRun } from './experiment/run-trial.ts'
export type { TrialReport } from './experiment/totals.ts'
export { allReporters } from './reporters/all.ts'
export { jsonReporter, toJsonReport } from './reporters/json.ts'
export { junitReporter, toJunit } from './reporters/junit.ts'
export type { Reporter } from './reporters/reporter.ts'
export { type TerminalOptions, terminalReporter } from './reporters/terminal.ts'
export { contains, exactMatch } from './scorers/text.ts'
