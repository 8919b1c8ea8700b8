import type { Case } from '@weir/store/evaluations'
import type { TrialEnd, TrialRunner } from '../runner/evaluation-code.ts'
import type { Plan } from './plan.ts'

export interface PlannedTrial {
  readonly item: Case
  readonly trial: number
}

/** Runs trials, at most `concurrency` at once. */
export async function runTrials(
  runner: TrialRunner,
  trials: Iterator<PlannedTrial>,
  concurrency: number,
  onEnd: (end: TrialEnd, startedMs: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const worker = async (): Promise<void> => {
    for (;;) {
      const next = signal?.aborted ? undefined : trials.next()
      if (next === undefined || next.done) return
      const startedMs = Date.now()
      const { item, trial } = next.value
      const end = await runner.run(item, trial)
      if (!signal?.aborted) onEnd(end, startedMs)
    }
  }
  const all = Promise.all(Array.from({ length: concurrency }, worker))
  await Promise.race([all, interruption(signal)])
}

/** Rejects when `signal` aborts, and never resolves. */
function interruption(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** All trials of a plan, cases within trials. */
export function* trialsOf(plan: Pick<Plan, 'cases' | 'trials'>): Generator<PlannedTrial> {
  for (let trial = 0; trial < plan.trials; trial++) {
    for (const item of plan.cases) yield { item, trial }
  }
}
