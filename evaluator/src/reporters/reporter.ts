import type { ExitCode } from '@weir/config'
import type { Plan } from '../experiment/plan.ts'
import type { ExperimentReport, Mode } from '../experiment/report.ts'
import type { TrialRun } from '../experiment/run-trial.ts'

/** Hears how evaluations go. Every method is optional. */
export interface Reporter {
  readonly onExperimentStart?: (plan: Plan, mode: Mode) => void
  /** A task ended; it is judged later. In queue mode `run` is absent and only the count is known. */
  readonly onTrial?: (plan: Plan, done: number, run?: TrialRun) => void
  readonly onExperimentEnd?: (report: ExperimentReport) => void
  readonly onEnd?: (reports: readonly ExperimentReport[], exitCode: ExitCode) => void | Promise<void>
}
