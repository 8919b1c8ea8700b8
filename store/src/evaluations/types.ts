/** What a check said of a run, or that the task or scorer crashed. */
export type Outcome = 'passed' | 'failed' | 'unverifiable' | 'error'
export type ResultKind = 'task' | 'check' | 'scorer'
export type ExperimentStatus = 'running' | 'passed' | 'failed' | 'error'

export interface Case {
  readonly id: string
  readonly input: unknown
  /** The expected output; absent if there is none. */
  readonly reference?: unknown
  readonly tags?: readonly string[] | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

export interface DatasetVersion {
  readonly name: string
  readonly version: number
  /** SHA-256 hex of the canonical JSON lines. */
  readonly contentHash: string
  readonly caseCount: number
  /** Since 1970. */
  readonly createdMs: number
}

/** What one gate demanded and what it found. */
export interface GateResult {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'unverifiable'
  readonly reason: string
}

export interface Experiment {
  readonly experimentId: string
  readonly evaluation: string
  /** '' if the evaluation has no variants. */
  readonly variant: string
  readonly flow: string
  readonly version: string
  readonly environment: string
  readonly revision: string
  /** `name@version`, '' for data given in the definition. */
  readonly dataset: string
  readonly datasetHash: string
  /** '' if there was no baseline. */
  readonly baselineExperimentId: string
  readonly status: ExperimentStatus
  /** Cases x trials. */
  readonly planned: number
  /** JSON text: checks, scorer names, gates, trials, `leftOut` (cases that a filter left out). */
  readonly definition: string
  readonly gates: readonly GateResult[]
  /** Why it could not be evaluated; '' if it could. */
  readonly error: string
  /** Since 1970. */
  readonly startedMs: number
  /** Since 1970, 0 while it runs. */
  readonly finishedMs: number
}

/** An experiment with the totals of its results; a trial passes if its task and every check passed. */
export interface ExperimentSummary extends Experiment {
  /** Trials with a result. */
  readonly evaluated: number
  readonly passed: number
  /** Trials of which a check failed. */
  readonly failed: number
  /** Trials of which a check could not be decided, and none failed. */
  readonly unverifiable: number
  /** Trials whose task or scorer crashed. */
  readonly errors: number
  /** passed / evaluated, 0 if nothing was evaluated. */
  readonly passRate: number
  /** Over the trials' runs. */
  readonly meanDurationMs: number
  readonly scores: readonly ScoreSummary[]
}

/** Over the trials that have the score: those whose task or scorer failed have none. */
export interface ScoreSummary {
  readonly name: string
  readonly mean: number
  readonly min: number
  readonly count: number
}

export interface CheckSummary {
  readonly name: string
  readonly passed: number
  readonly failed: number
  readonly unverifiable: number
}

export interface ExperimentDetail extends ExperimentSummary {
  readonly checks: readonly CheckSummary[]
}

/** An evaluation as the list page shows it. */
export interface EvaluationSummary {
  readonly evaluation: string
  readonly experiments: number
  readonly latest: ExperimentSummary
  /** Names of the baselines promoted for it. */
  readonly baselines: readonly string[]
}

/** One row of `results`. */
export interface Result {
  readonly experimentId: string
  readonly caseId: string
  readonly trial: number
  readonly kind: ResultKind
  /** '' for the task. */
  readonly name: string
  readonly outcome: Outcome
  /** 0..1 for scorers; for the rest 1 passed, 0 otherwise. */
  readonly score: number
  readonly reason: string
  readonly runId: string
  /** Of the run for a task, 0 for the rest. */
  readonly durationNs: number
}

export interface CaseCheckResult {
  readonly kind: ResultKind
  readonly name: string
  readonly outcome: Outcome
  readonly score: number
  readonly reason: string
  /** Undefined if the baseline has no such result. */
  readonly baselineOutcome?: Outcome
  readonly baselineScore?: number
}

/** One trial of a case beside the same trial of the baseline experiment. */
export interface CaseResult {
  readonly caseId: string
  readonly trial: number
  readonly runId: string
  /** `error` if the task or a scorer crashed, else the worst outcome of its checks. */
  readonly outcome: Outcome
  readonly durationMs: number
  /** The task first, then checks and scorers by name. */
  readonly results: readonly CaseCheckResult[]
  readonly baselineOutcome?: Outcome
  readonly baselineRunId?: string
  readonly baselineDurationMs?: number
}

/**
 * How a case changed against the baseline, where a case passes if all of its trials do: it no longer passes, it passes now, neither, or
 * the baseline does not have it.
 */
export type CaseChange = 'broke' | 'mended' | 'same' | 'new'

export interface CaseChangeCount {
  readonly change: CaseChange
  readonly cases: number
  /** Of these cases. */
  readonly trials: number
}

/** Key of a page's last row: the next page begins after it. */
export interface CaseCursor {
  readonly caseId: string
  readonly trial: number
}

export interface CaseResultPage {
  readonly rows: readonly CaseResult[]
  /** Undefined on the last page. */
  readonly next?: CaseCursor
}

/** A promoted experiment (experimentId set), or a frozen window of production runs. */
export interface Baseline {
  readonly name: string
  readonly evaluation: string
  readonly flow: string
  readonly experimentId: string
  readonly version: string
  readonly environment: string
  /** Since 1970, 0 for an experiment. */
  readonly windowFromMs: number
  readonly windowToMs: number
  readonly promotedMs: number
}

export interface Monitor {
  readonly name: string
  readonly flow: string
  /** JSON text: `{ checks: Check[] }`. */
  readonly definition: string
  /** 0..1 of the runs, chosen by a hash of the run id. */
  readonly sample: number
  /** Since 1970; runs that settled before it are not judged. */
  readonly createdMs: number
}

export interface MonitorSummary extends Monitor {
  /** Runs judged in the window: those that passed, failed and could not be verified. */
  readonly judged: number
  readonly passed: number
  /** Runs of which a check failed. */
  readonly failed: number
  /** Runs of which a check could not be decided, and none failed. */
  readonly unverifiable: number
  /** passed / judged, 0 if nothing was judged. */
  readonly passRate: number
  readonly checks: readonly CheckSummary[]
}

/** A judgement of one run; one row of `scores`. */
export interface Score {
  readonly runId: string
  readonly source: 'monitor' | 'human' | 'api'
  /** The monitor's name, or who scored. */
  readonly author: string
  readonly name: string
  readonly kind: 'check' | 'scorer'
  readonly flow: string
  /** Nanoseconds since 1970. */
  readonly runStartUnixNano: bigint
  readonly outcome: Outcome
  readonly score: number
  readonly reason: string
}

export interface StoredScore extends Score {
  /** Since 1970. */
  readonly createdMs: number
}
