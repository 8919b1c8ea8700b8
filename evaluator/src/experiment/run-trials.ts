import type { Case } from '@weir/store/evaluations'
import type { Plan } from './plan.ts'
import { runTrial, type TrialRun } from './run-trial.ts'

/** Trials between two flushes: what waits to be exported stays bounded. */
const FLUSH_EVERY = 256

/** All trials of a plan, cases within trials, at most `plan.concurrency` at once. */
export async function runTrials(
  plan: Plan,
  flush: () => Promise<void>,
  onTrial: (run: TrialRun, done: number) => void,
): Promise<TrialRun[]> {
  const queue = trialsOf(plan)
  const finished: TrialRun[] = []
  const worker = async (): Promise<void> => {
    for (const { item, trial } of queue) {
      const run = await runTrial(plan, item, trial)
      finished.push(run)
      onTrial(run, finished.length)
      if (finished.length % FLUSH_EVERY === 0) await flush()
    }
  }
  await Promise.all(Array.from({ length: plan.concurrency }, worker))
  await flush()
  return finished
}

/** One iterator that all workers take from. */
export function* trialsOf(plan: Pick<Plan, 'cases' | 'trials'>): Generator<{ item: Case; trial: number }> {
  for (let trial = 0; trial < plan.trials; trial++) {
    for (const item of plan.cases) yield { item, trial }
  }
}
