import type { Store } from '@weir/store'
import type { Case, Result } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import type { ResolvedData } from '../evaluation/cases.ts'
import type { Outline } from '../evaluation/outline.ts'
import type { MissingSpans } from './delivery.ts'
import type { TrialRun } from './run-trial.ts'
import type { ReportUsage, TrialFacts } from './trial-facts.ts'

/** The user's code of an evaluation: in this process, or in one of its own. */
export interface EvaluationCode {
  readonly outline: Outline
  /** Absolute path; undefined if it came from no file. */
  readonly file: string | undefined
  /** What it was loaded from: its file, what that imports and reads its cases from; without packages. */
  readonly files: readonly string[]
  /**
   * Its cases.
   * @param store - undefined without a server: stored datasets cannot be read then
   * @throws what the user's function throws, or UsageError
   */
  cases(store: Store | undefined): Promise<ResolvedData>
  /** Makes ready to run trials of one variant; whoever starts it closes it. */
  start(experimentId: string, variant: string): TrialRunner
}

/** What a trial came to whose run was recorded in memory. */
export interface Judgement {
  readonly results: readonly Result[]
  /** Undefined if there is no run. */
  readonly facts: TrialFacts | undefined
  /** Of all runs that are not told otherwise, those of scorers too. */
  readonly usage: ReportUsage
  /** False if there is no run, although the task ended by itself. */
  readonly isRecorded: boolean
}

/** How a trial ended, and what it came to where runs are recorded in memory. */
export interface TrialEnd extends Partial<Judgement> {
  readonly run: TrialRun
  /** Why its spans did not all arrive in the collector; undefined: they did. */
  readonly undelivered?: string | undefined
}

export interface TrialLimits {
  /** Tasks that may be at work at once; default: all that are asked for. */
  readonly concurrency?: number | undefined
  /** Called when the task has ended; its spans may still be on their way. */
  readonly onTaskEnd?: (() => void) | undefined
}

/** Runs and judges trials of one experiment. What goes wrong with one is its result: nothing here rejects for it. */
export interface TrialRunner {
  /** Trials to be asked for beyond those that may be at work: the next one then waits where it runs. It may change. */
  readonly ahead: number
  /** Resolves once the run is recorded. */
  run(item: Case, trial: number, during?: TrialLimits): Promise<TrialEnd>
  /** Judges a recorded run. */
  judge(item: Case, trialRun: TrialRun, run: RunRecord | undefined): Promise<readonly Result[]>
  /** Waits for what may throw yet, and sends what still waits; says what never arrived. */
  deliver(): Promise<MissingSpans>
  /** By run id: what a trial threw outside of its promise after it had ended. */
  readonly late: ReadonlyMap<string, string>
  /** What code of the file threw outside of its promise in no trial; and that it called `process.exit` there. */
  readonly unowned: ReadonlySet<string>
  close(): void
}
