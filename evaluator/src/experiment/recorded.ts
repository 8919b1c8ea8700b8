import { setTimeout as sleep } from 'node:timers/promises'
import { type FlushResult, flush } from '@weir/sdk'
import type { Store } from '@weir/store'
import {
  findExperimentRuns,
  findExperimentTraces,
  insertResults,
  upsertExperiment,
} from '@weir/store/evaluations'
import { getRunRecords } from '@weir/store/pages'
import type { RunRecord } from '@weir/store/run-model'
import { settleTraces } from '@weir/store/settle'
import { messageOf } from '../errors.ts'
import type { Reporter } from '../reporters/reporter.ts'
import { type CollectorAccess, retryWhileUnavailable, waitUntilQueryable } from './availability.ts'
import { concludeExperiment, judgeTrials } from './judge-experiment.ts'
import type { Plan } from './plan.ts'
import { type ExperimentReport, type Mode, toExperiment, toReport } from './report.ts'
import { judgesNested, toTrialRecords } from './trial-records.ts'
import { runTrials, type TrialRun } from './trials.ts'

/** Traces settled by one statement. */
const SETTLE_BATCH = 5_000

/**
 * Runs an experiment in this process, traced into the collector, and judges it from the recorded runs.
 * @throws whatever ended it early, or the reason of `signal`; the experiment is then stored as one that could not be evaluated
 */
export async function runRecorded(
  plan: Plan,
  store: Store,
  collector: CollectorAccess,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<ExperimentReport> {
  await retryWhileUnavailable(() => upsertExperiment(store, toExperiment(plan)))
  reporter.onExperimentStart?.(plan, 'recorded')
  try {
    return await Promise.race([runAndJudge(plan, store, collector, reporter, signal), interruption(signal)])
  } catch (error) {
    const report = toReport(plan, 'recorded', [], [], messageOf(error))
    // If it is the store that failed, the error that is thrown says so.
    await upsertExperiment(store, toExperiment(plan, report)).catch(() => undefined)
    throw error
  }
}

/** Rejects when `signal` aborts, and never resolves. */
function interruption(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

async function runAndJudge(
  plan: Plan,
  store: Store,
  collector: CollectorAccess,
  reporter: Reporter,
  signal: AbortSignal | undefined,
): Promise<ExperimentReport> {
  let missing = ALL_DELIVERED
  const trialRuns = await runTrials(
    plan,
    // Wait only once for a collector that is unavailable.
    async () => {
      missing = addFlush(missing, await flush({ timeout: missing.lost + missing.pending > 0 ? '1s' : '10s' }))
    },
    (run, done) => {
      if (!signal?.aborted) reporter.onTrial?.(plan, done, run)
    },
  )
  // A collector that did not take the spans cannot say when they can be read.
  if (missing.pending === 0) await waitUntilQueryable(collector)
  const report = await judgeRecorded(plan, 'recorded', trialRuns, store, missing)
  reporter.onExperimentEnd?.(report)
  return report
}

/** Spans of an experiment that did not reach the collector. */
interface MissingSpans {
  readonly lost: number
  /** Not delivered by the last flush. */
  readonly pending: number
  /** Why the last export failed, if one did. */
  readonly reason: string | undefined
}

const ALL_DELIVERED: MissingSpans = { lost: 0, pending: 0, reason: undefined }

function addFlush(missing: MissingSpans, { lost, pending, reason }: FlushResult): MissingSpans {
  return { lost: missing.lost + lost, pending, reason: reason ?? missing.reason }
}

/** Reads the runs back, judges them, and writes the results and the experiment. Repeating it replaces both. */
export async function judgeRecorded(
  plan: Plan,
  mode: Mode,
  trialRuns: readonly TrialRun[],
  store: Store,
  missingSpans: MissingSpans = ALL_DELIVERED,
): Promise<ExperimentReport> {
  const expected = trialRuns.filter(({ error }) => error === undefined || error.reason === 'thrown')
  const runs = await readBack(plan, expected, store)
  const judged = await judgeTrials(plan, trialRuns, runs)
  const results = await retryWhileUnavailable(() => insertResults(store, judged))
  const missingRuns = expected.filter(({ runId }) => !isRecorded(runs.get(runId))).length
  const problem = crashProblem(trialRuns) ?? deliveryProblem(missingRuns, expected.length, missingSpans)
  const report = await retryWhileUnavailable(() => concludeExperiment(plan, mode, results, store, problem))
  await retryWhileUnavailable(() => upsertExperiment(store, toExperiment(plan, report)))
  return report
}

/** If no trial could even be run, nothing was evaluated. */
function crashProblem(trialRuns: readonly TrialRun[]): string | undefined {
  const [first] = trialRuns
  if (first === undefined || trialRuns.some(({ error }) => error?.reason !== 'crashed')) return undefined
  return `No trial could be run: ${first.error?.message}`
}

/** A run without some of its spans is as bad as none: checks would be about other steps. */
function deliveryProblem(
  missingRuns: number,
  expectedRuns: number,
  { lost, pending, reason }: MissingSpans,
): string | undefined {
  const because = reason === undefined ? '' : ` The last export failed: ${reason}.`
  if (missingRuns > 0)
    return `${missingRuns} of ${expectedRuns} runs did not arrive in Weir. Is the collector running, and is it WEIR_ENDPOINT?${because}`
  const spans = lost + pending
  return spans === 0 ? undefined : `${spans} spans of the runs did not arrive in Weir.${because}`
}

/** Longest time without one more run. */
const MAX_IDLE_MS = 5_000

/** Settles what has arrived until every run is there, or no more arrive. */
async function readBack(
  plan: Plan,
  expected: readonly TrialRun[],
  store: Store,
): Promise<Map<string, RunRecord>> {
  let arrived = -1
  let arrivedAtMs = performance.now()
  for (;;) {
    const runs = await retryWhileUnavailable(() => settleExperiment(plan, store))
    const count = expected.filter(({ runId }) => isRecorded(runs.get(runId))).length
    if (count > arrived) arrivedAtMs = performance.now()
    arrived = count
    if (count === expected.length || performance.now() - arrivedAtMs > MAX_IDLE_MS) return runs
    await sleep(200)
  }
}

async function settleExperiment(plan: Plan, store: Store): Promise<Map<string, RunRecord>> {
  const { experimentId, startedMs } = plan
  // The clock may have been set back meanwhile.
  const sinceMs = Math.min(startedMs, Date.now()) - 60_000
  const traceIds = await findExperimentTraces(store, { experimentId, sinceMs })
  for (let from = 0; from < traceIds.length; from += SETTLE_BATCH) {
    await settleTraces(store, traceIds.slice(from, from + SETTLE_BATCH))
  }
  const records = await getRunRecords(store, { experimentId })
  if (judgesNested(plan)) {
    const known = new Set(records.map(({ runId }) => runId))
    const runIds = (await findExperimentRuns(store, { experimentId, sinceMs })).filter((id) => !known.has(id))
    records.push(...(await getRunRecords(store, { runIds })))
  }
  return toTrialRecords(plan, records)
}

function isRecorded(run: RunRecord | undefined): boolean {
  return run !== undefined && !run.incomplete
}
