import { startRecorder, takeRuns } from '../local/recorder.ts'
import type { Reporter } from '../reporters/reporter.ts'
import { concludeExperiment, judgeTrials } from './judge-experiment.ts'
import type { Plan } from './plan.ts'
import type { ExperimentReport } from './report.ts'
import { toTrialRecords } from './trial-records.ts'
import { runTrials, type TrialRun } from './trials.ts'

/** Runs an experiment without a server: the runs are recorded, settled and judged in this process. */
export async function runLocally(plan: Plan, reporter: Reporter): Promise<ExperimentReport> {
  startRecorder()
  reporter.onExperimentStart?.(plan, 'local')
  const trialRuns = await runTrials(
    plan,
    async () => {},
    (run, done) => reporter.onTrial?.(plan, done, run),
  )
  const runs = toTrialRecords(plan, await takeRuns())
  const results = await judgeTrials(plan, trialRuns, runs)
  const report = await concludeExperiment(plan, 'local', results, undefined, missingRuns(trialRuns, runs))
  reporter.onExperimentEnd?.(report)
  return report
}

function missingRuns(trialRuns: readonly TrialRun[], runs: ReadonlyMap<string, unknown>): string | undefined {
  const missing = trialRuns.filter(({ runId, error }) => !runs.has(runId) && error?.reason !== 'timeout')
  if (missing.length === 0) return undefined
  return `${missing.length} of ${trialRuns.length} runs were not recorded: something called init() of @weir/sdk, or registered an OpenTelemetry provider, before the evaluation.`
}
