import type { Store } from '@weir/store'
import type { Case, Result } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import { messageOf } from '../errors.ts'
import { judgeGates } from './gates.ts'
import { judgeTrial } from './judge-trial.ts'
import { judgeLatency } from './latency.ts'
import type { Plan } from './plan.ts'
import { type ExperimentReport, type Mode, toReport } from './report.ts'
import type { TrialRun } from './run-trial.ts'
import { toTotals, toTrials } from './totals.ts'

/** Trials judged at once: scorers may call a model. */
const AT_ONCE = 16

/** Judges every trial from its recorded run, in the order of the trials. */
export async function judgeTrials(
  plan: Plan,
  trialRuns: readonly TrialRun[],
  runs: ReadonlyMap<string, RunRecord>,
): Promise<Result[]> {
  const cases = new Map<string, Case>(plan.cases.map((item) => [item.id, item]))
  const judged: Result[][] = new Array(trialRuns.length)
  const queue = trialRuns.entries()
  const worker = async (): Promise<void> => {
    for (const [index, trialRun] of queue) {
      const item = cases.get(trialRun.caseId)!
      const run = runs.get(trialRun.runId)
      judged[index] = await judgeTrial(plan.evaluation, plan.experimentId, item, trialRun, run).catch(
        (error: unknown) => [unjudged(plan, trialRun, error)],
      )
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return judged.flat()
}

/** One trial that cannot be judged is an error of its own. */
function unjudged(
  { experimentId }: Plan,
  { caseId, trial, runId, durationMs }: TrialRun,
  error: unknown,
): Result {
  const reason = `Could not be judged: ${messageOf(error)}`
  const durationNs = durationMs * 1e6
  return {
    ...{ experimentId, caseId, trial, runId, durationNs },
    ...{ kind: 'task', name: '', outcome: 'error', score: 0, reason },
  }
}

/** Gates and report of judged results. */
export async function concludeExperiment(
  plan: Plan,
  mode: Mode,
  results: readonly Result[],
  store: Store | undefined,
  error = '',
): Promise<ExperimentReport> {
  const totals = toTotals(toTrials(results))
  const latency = error === '' ? await judgeLatency(plan, store) : undefined
  return toReport(plan, mode, results, judgeGates(plan.evaluation.gates, totals, latency), error)
}
