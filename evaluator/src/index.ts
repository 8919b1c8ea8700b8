export { type Duration, DurationError, type ExitCode, InfrastructureError, UsageError } from '@weir/config'
export { CheckError, type CheckOutcome, type Judgement } from './checks/check.ts'
export type { Subject } from './checks/executions.ts'
export { type OutputSchema, SchemaError } from './checks/json-schema.ts'
export { describeCheck, judge, needsDetails, parseChecks } from './checks/judge.ts'
export {
  agents,
  type CallMatchers,
  type CallSubject,
  type ChildRunMatchers,
  childRuns,
  type EveryMatchers,
  embedders,
  type Matchers,
  models,
  type Negated,
  type OneCallMatchers,
  type OneStepMatchers,
  type RunMatchers,
  retrievers,
  run,
  type Scopes,
  type Selectors,
  type StepMatchers,
  type StepSubject,
  steps,
  tools,
} from './checks/matchers.ts'
export { exactly, matching, type Pattern, type Predicate } from './checks/pattern.ts'
export type { Count } from './checks/ran-check.ts'
export type { Check } from './checks/table.ts'
export type { TrajectoryItem, TrajectoryMode } from './checks/trajectory-check.ts'
export { readJsonLines, toCases } from './evaluation/cases.ts'
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
export { type DataSource, dataset, jsonl } from './evaluation/definition.ts'
export { evaluate } from './evaluation/evaluate.ts'
export { findEvalFiles, loadEvalFile, registerTypeScript } from './evaluation/load-file.ts'
export type { Outline } from './evaluation/outline.ts'
export { requireAvailable } from './experiment/availability.ts'
export type { BaselineChanges, Change, ShareChange } from './experiment/baseline-changes.ts'
export { exitCodeOf, toExitCode } from './experiment/exit-code.ts'
export type { Plan, RunSettings } from './experiment/plan.ts'
export type { ExperimentReport, Mode, ReportScore, TrialReport } from './experiment/report.ts'
export {
  type EvaluationMode,
  type EvaluationSettings,
  prepareMode,
  runCode,
  runEvaluation,
} from './experiment/run-evaluation.ts'
export { githubReporter, toAnnotations } from './reporters/github.ts'
export { jsonReporter, toJsonReport } from './reporters/json.ts'
export { junitReporter, toJunit } from './reporters/junit.ts'
export { type MarkdownOptions, markdownReporter, toMarkdown } from './reporters/markdown.ts'
export { allReporters, type Reporter } from './reporters/reporter.ts'
export { type TerminalOptions, terminalReporter } from './reporters/terminal.ts'
export type { EvaluationCode } from './runner/evaluation-code.ts'
export { loadInChild } from './runner/in-children.ts'
export { inProcess } from './runner/in-process.ts'
export type { TrialRun } from './runner/run-trial.ts'
export type { TrialFacts } from './runner/trial-facts.ts'
export { contains, exactMatch } from './scorers/text.ts'
