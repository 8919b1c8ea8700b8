import type { Case } from '@weir/store/evaluations'
import type { TrialEnd, TrialRunner } from '../runner/evaluation-code.ts'
import type { Plan } from './plan.ts'

export interface PlannedTrial {
  readonly item: Case
  readonly trial: number
}

/** Trials whose tasks have ended while their spans are on their way: one request for many is cheaper, and they wait in memory. */
const MOST_UNRECORDED = 1_000

/** Runs trials, the tasks of at most `concurrency` at once. */
export async function runTrials(
  runner: TrialRunner,
  trials: Iterator<PlannedTrial>,
  concurrency: number,
  onEnd: (end: TrialEnd, startedMs: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const unrecorded = new Set<Promise<void>>()
  const worker = async (): Promise<void> => {
    for (;;) {
      const next = signal?.aborted ? undefined : trials.next()
      if (next === undefined || next.done) return
      const startedMs = Date.now()
      const { item, trial } = next.value
      await new Promise<void>((resolve, reject) => {
        const recorded = runner.run(item, trial, resolve).then((end) => {
          unrecorded.delete(recorded)
          if (!signal?.aborted) onEnd(end, startedMs)
        })
        unrecorded.add(recorded)
        recorded.then(resolve, reject)
      })
      if (unrecorded.size > MOST_UNRECORDED) await Promise.race(unrecorded)
    }
  }
  const all = Promise.all(Array.from({ length: concurrency }, worker)).then(() => Promise.all(unrecorded))
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
