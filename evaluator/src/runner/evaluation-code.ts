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

/** How a trial ended. */
export interface TrialEnd {
  readonly run: TrialRun
  /** Where runs are recorded in memory: the process that recorded the run has judged it too. */
  readonly results?: readonly Result[] | undefined
  /** With results, if there is a run. */
  readonly facts?: TrialFacts | undefined
  /** With results: of all runs that are not told otherwise, those of scorers too. */
  readonly usage?: ReportUsage | undefined
  /** With results: false if there is no run, although the task ended by itself. */
  readonly isRecorded?: boolean
  /** Why its spans did not all arrive in the collector; undefined: they did. */
  readonly undelivered?: string | undefined
}

/** Runs and judges trials of one experiment. What goes wrong with one is its result: nothing here rejects for it. */
export interface TrialRunner {
  /**
   * Resolves once the run is recorded.
   * @param onTaskEnd - called when the task has ended; its spans may still be on their way
   */
  run(item: Case, trial: number, onTaskEnd?: () => void): Promise<TrialEnd>
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
