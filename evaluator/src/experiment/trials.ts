import { setTimeout as sleep } from 'node:timers/promises'
import type { Case } from '@weir/store/evaluations'
import type { TrialEnd, TrialRunner } from '../runner/evaluation-code.ts'
import type { Plan } from './plan.ts'

export interface PlannedTrial {
  readonly item: Case
  readonly trial: number
}

/** Trials whose tasks have ended while their spans are on their way: one request for many is cheaper, and they wait in memory. */
const MOST_UNRECORDED = 1_000
/** How long an interruption waits for these. */
const LAST_MS = 5_000

/**
 * Runs trials, the tasks of at most `concurrency` at once.
 * @throws the reason of `signal`, once the tasks that had ended by then are recorded
 */
export async function runTrials(
  runner: TrialRunner,
  trials: Iterator<PlannedTrial>,
  concurrency: number,
  onEnd: (end: TrialEnd, startedMs: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const unrecorded = new Set<Promise<void>>()
  let isOver = false
  /** Resolves when the task has ended. */
  const start = async ({ item, trial }: PlannedTrial): Promise<void> => {
    const startedMs = Date.now()
    const taskEnd = Promise.withResolvers<void>()
    const recorded = runner.run(item, trial, taskEnd.resolve).then((end) => {
      if (!isOver) onEnd(end, startedMs)
    })
    await Promise.race([taskEnd.promise, recorded])
    unrecorded.add(recorded)
    recorded.then(
      () => unrecorded.delete(recorded),
      () => {},
    )
  }
  const worker = async (): Promise<void> => {
    for (;;) {
      const next = signal?.aborted ? undefined : trials.next()
      if (next === undefined || next.done) return
      await start(next.value)
      if (unrecorded.size > MOST_UNRECORDED) await Promise.race(unrecorded)
    }
  }
  const all = Promise.all(Array.from({ length: concurrency }, worker)).then(() => Promise.all(unrecorded))
  try {
    await Promise.race([all, interruption(signal)])
  } catch (error) {
    all.catch(() => {})
    await Promise.race([Promise.allSettled(unrecorded), sleep(LAST_MS)])
    throw error
  } finally {
    isOver = true
  }
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
