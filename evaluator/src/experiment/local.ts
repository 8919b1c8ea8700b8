import type { Result } from '@weir/store/evaluations'
import { messageOf } from '../errors.ts'
import type { Reporter } from '../reporters/reporter.ts'
import type { TrialEnd, TrialRunner } from '../runner/evaluation-code.ts'
import { sumUsage } from '../runner/trial-facts.ts'
import { concludeExperiment, crashProblem, lateErrors, replaceResults, withBudget } from './conclude.ts'
import { type Known, runRounds } from './decision.ts'
import type { Plan } from './plan.ts'
import { type ExperimentReport, toReport, toTrials } from './report.ts'
import { type PlannedTrial, runTrials } from './trials.ts'

/** Runs an experiment without a server: whoever runs a trial has recorded and judged it in memory. */
export async function runLocally(
  planned: Plan,
  runner: TrialRunner,
  reporter: Reporter,
  signal: AbortSignal | undefined,
): Promise<ExperimentReport> {
  reporter.onExperimentStart?.(planned, 'local')
  const ends: TrialEnd[] = []
  const limited = withBudget(planned.outline.budget, signal)
  let usage = sumUsage([])
  const onEnd = (end: TrialEnd): void => {
    ends.push(end)
    if (end.usage !== undefined) usage = sumUsage([usage, end.usage])
    limited.spent?.(usage.cost)
    reporter.onTrial?.(planned, ends.length, end.run)
  }
  const judged = (): Result[] => {
    const results = ends.flatMap((end) => end.results ?? [])
    return replaceResults(results, lateErrors(results, runner.late))
  }
  const run = async (trials: Iterator<PlannedTrial>): Promise<void> => {
    await runTrials(planned, runner, trials, onEnd, limited.signal)
    await runner.deliver()
  }
  const known = async (): Promise<Known> => {
    const ofTrials = sumUsage(ends.flatMap(({ facts }) => facts ?? []))
    return { trials: toTrials(judged()), usage: { trials: ofTrials, all: usage } }
  }
  let problem: string | undefined
  const plan = await runRounds(planned, undefined, run, known).catch((error: unknown) => {
    problem = messageOf(error)
    return planned
  })
  const facts = new Map(ends.flatMap((end) => (end.facts === undefined ? [] : [[end.run.runId, end.facts]])))
  const report =
    problem === undefined
      ? await concludeExperiment(plan, 'local', judged(), facts, usage, undefined, problemOf(ends, runner))
      : toReport(plan, 'local', judged(), { facts, usage, error: problem })
  reporter.onExperimentEnd?.(report)
  return report
}

function problemOf(ends: readonly TrialEnd[], runner: TrialRunner): string | undefined {
  const missing = ends.filter(({ isRecorded }) => isRecorded === false).length
  if (missing === 0)
    return crashProblem(
      ends.map(({ run }) => run),
      runner,
    )
  return `${missing} of ${ends.length} runs were not recorded: something called init() of @weir/sdk, or registered an OpenTelemetry provider, before the evaluation.`
}
