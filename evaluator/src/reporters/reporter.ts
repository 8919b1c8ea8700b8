import type { ExitCode } from '@weir/config'
import type { Plan } from '../experiment/plan.ts'
import type { ExperimentReport, JudgedTrial, Mode } from '../experiment/report.ts'
import type { TrialRun } from '../runner/run-trial.ts'

/** Follows evaluations as they run. Every method is optional. */
export interface Reporter {
  readonly onExperimentStart?: (plan: Plan, mode: Mode) => void
  /** A task ended; it is judged later. In queue mode `run` is absent and only the count is known. */
  readonly onTrial?: (plan: Plan, done: number, run?: TrialRun) => void
  readonly onExperimentEnd?: (report: ExperimentReport) => void
  readonly onEnd?: (reports: readonly ExperimentReport[], exitCode: ExitCode) => void | Promise<void>
}

/** One reporter that passes everything on to several. */
export function allReporters(reporters: readonly Reporter[]): Reporter {
  return {
    onExperimentStart: (...args) => {
      for (const reporter of reporters) reporter.onExperimentStart?.(...args)
    },
    onTrial: (...args) => {
      for (const reporter of reporters) reporter.onTrial?.(...args)
    },
    onExperimentEnd: (...args) => {
      for (const reporter of reporters) reporter.onExperimentEnd?.(...args)
    },
    onEnd: async (...args) => {
      for (const reporter of reporters) await reporter.onEnd?.(...args)
    },
  }
}

/** Names of trials, counted from 1: "launch (trial 1 of 3)"; with one trial per case, the case alone. */
export function trialNames(trials: readonly JudgedTrial[]): (trial: JudgedTrial) => string {
  const each = trials.reduce((most, { trial }) => Math.max(most, trial + 1), 1)
  return ({ caseId, trial }) => (each === 1 ? caseId : `${caseId} (trial ${trial + 1} of ${each})`)
}
