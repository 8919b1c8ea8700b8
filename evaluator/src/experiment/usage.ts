import type { Store } from '@weir/store'
import { readExperimentUsage } from '@weir/store/evaluations'
import { scorersOf } from '../runner/judge-trial.ts'
import { type ReportUsage, usageOf } from '../runner/trial-facts.ts'
import type { Plan } from './plan.ts'

/** The clocks of this process and of those that record may differ, or be set back. */
export const CLOCK_SLACK_MS = 60_000

/** What all settled runs of an experiment used: those of trials, whatever became of them, and those of scorers. */
export async function readUsage(
  { experimentId, startedMs }: Pick<Plan, 'experimentId' | 'startedMs'>,
  store: Store,
): Promise<ReportUsage> {
  const experimentIds = [experimentId, scorersOf(experimentId)]
  return usageOf(await readExperimentUsage(store, { experimentIds, sinceMs: startedMs - CLOCK_SLACK_MS }))
}
