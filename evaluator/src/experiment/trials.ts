import { setTimeout as sleep } from 'node:timers/promises'
import type { Case } from '@weir/store/evaluations'
import { isErrorExpected, type Outline } from '../evaluation/outline.ts'
import type { TrialEnd, TrialLimits, TrialRunner } from '../runner/evaluation-code.ts'
import { Slots } from '../runner/slots.ts'
import { type ReportUsage, sumUsage } from '../runner/trial-facts.ts'
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
 * Runs trials, the tasks of at most `concurrency` at once, and again those whose tasks failed, as often as the evaluation says.
 * @throws the reason of `signal`, once the tasks that had ended by then are recorded
 */
export async function runTrials(
  { outline, concurrency }: Pick<Plan, 'outline' | 'concurrency'>,
  runner: TrialRunner,
  trials: Iterator<PlannedTrial>,
  onEnd: (end: TrialEnd, startedMs: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const asked = new Slots(() => concurrency + runner.ahead)
  const inMemory = new Slots(() => concurrency + runner.ahead + MOST_UNRECORDED)
  const unrecorded = new Set<Promise<void>>()
  const failed = Promise.withResolvers<never>()
  const paced = pacer()
  let isOver = false
  const start = ({ item, trial }: PlannedTrial): void => {
    const startedMs = Date.now()
    const taskEnd = Promise.withResolvers<void>()
    void taskEnd.promise.then(() => asked.giveBack())
    const limits = { concurrency, onTaskEnd: taskEnd.resolve }
    const recorded = runWithRetries(outline, runner, item, trial, limits).then((end) => {
      if (!isOver) onEnd(end, startedMs)
      taskEnd.resolve()
      inMemory.giveBack()
      unrecorded.delete(recorded)
    })
    unrecorded.add(recorded)
    recorded.catch(failed.reject)
  }
  const runAll = async (): Promise<void> => {
    for (;;) {
      await asked.take()
      await inMemory.take()
      const next = signal?.aborted ? undefined : trials.next()
      if (next === undefined || next.done) break
      await paced(outline.startIntervalMs)
      if (!signal?.aborted) start(next.value)
    }
    await Promise.all(unrecorded)
  }
  try {
    await Promise.race([runAll(), failed.promise, interruption(signal)])
  } catch (error) {
    await Promise.race([Promise.allSettled(unrecorded), sleep(LAST_MS)])
    throw error
  } finally {
    isOver = true
  }
}

/** Resolves when a task may begin: starts are as far apart as is asked for. */
function pacer(): (intervalMs: number) => Promise<void> {
  let nextMs = performance.now()
  return async (intervalMs) => {
    if (intervalMs === 0) return
    const nowMs = performance.now()
    const startMs = Math.max(nowMs, nextMs)
    nextMs = startMs + intervalMs
    await sleep(startMs - nowMs)
  }
}

/** Runs a trial, and again if its task failed: how it ended last is its result. What it used in all of them counts. */
export async function runWithRetries(
  { retryOnError, checks }: Outline,
  runner: TrialRunner,
  item: Case,
  trial: number,
  { concurrency, onTaskEnd }: TrialLimits = {},
): Promise<TrialEnd> {
  const used: ReportUsage[] = []
  for (let left = retryOnError; ; left--) {
    const end = await runner.run(item, trial, { concurrency, onTaskEnd: left === 0 ? onTaskEnd : undefined })
    if (end.usage !== undefined) used.push(end.usage)
    const { error } = end.run
    if (left === 0 || error === undefined || (error.reason === 'thrown' && isErrorExpected(checks)))
      return { ...end, usage: sumUsage(used) }
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
