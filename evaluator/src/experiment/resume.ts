import { UsageError } from '@weir/config'
import type { Store } from '@weir/store'
import { findExperiment, listResults, type Result } from '@weir/store/evaluations'
import type { Plan } from './plan.ts'
import { toExperiment, toTrials } from './report.ts'

/**
 * What is left of an experiment that ended early.
 * @param plans of one evaluation
 * @returns none if the experiment is of another evaluation
 * @throws UsageError if there is no such experiment, it is finished, or what it judges has changed since
 */
export async function planRest(
  plans: readonly Plan[],
  experimentId: string,
  store: Store | undefined,
): Promise<Plan[]> {
  if (store === undefined) throw new UsageError('An experiment is resumed from Weir: run without --local.')
  const experiment = await findExperiment(store, { experimentId })
  if (experiment === undefined)
    throw new UsageError(
      `There is no experiment "${experimentId}" to resume. \`weir eval\` prints the ids of its experiments.`,
    )
  const { evaluation, status, variant } = experiment
  if (plans.every(({ outline }) => outline.name !== evaluation)) return []
  if (status === 'passed' || status === 'failed')
    throw new UsageError(
      `Experiment "${experimentId}" is finished (${status}): there is nothing left to run.`,
    )
  const plan = plans.find((candidate) => candidate.variant.name === variant)
  const refuse = (what: string) =>
    new UsageError(`Experiment "${experimentId}" cannot be resumed: ${what} since. Start a new one.`)
  if (plan === undefined) throw refuse(`variant "${variant}" of "${evaluation}" was removed`)
  if (plan.datasetHash !== experiment.datasetHash) throw refuse(`the cases of "${evaluation}" have changed`)
  if (toExperiment(plan).definition !== experiment.definition)
    throw refuse(`checks, scorers, gates, trials or the filter of "${evaluation}" have changed`)
  const results = await listResults(store, { experimentId })
  const { startedMs } = experiment
  return [{ ...plan, experimentId, startedMs, judged: wholeTrials(plan, results) }]
}

/** Results of trials that have all of theirs: the insert of the last ones may have been cut off. */
function wholeTrials({ outline }: Plan, results: readonly Result[]): Result[] {
  const expected = 1 + outline.checks.length + outline.scorers.length
  return toTrials(results).flatMap((trial) => (trial.results.length >= expected ? trial.results : []))
}
