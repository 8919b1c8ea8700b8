import { setTimeout as sleep } from 'node:timers/promises'
import type { FlushResult } from '@weir/sdk'
import { flush } from '@weir/sdk'
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
import { concludeExperiment, judgeTrials } from './judge-experiment.ts'
import { whileAway } from './patience.ts'
import type { Plan } from './plan.ts'
import { type ExperimentReport, type Mode, toExperiment, toReport } from './report.ts'
import type { TrialRun } from './run-trial.ts'
import { runTrials } from './run-trials.ts'
import { judgesNested, toTrialRecords } from './trial-records.ts'
import { type CollectorAccess, untilQueryable } from './until-queryable.ts'

/** Traces settled by one statement. */
const SETTLE_BATCH = 5_000

/**
 * Runs an experiment in this process, traced into the collector, and judges it from the recorded runs.
 * @throws what ended it early, or the reason of `signal`; the experiment is then stored as one that could not be evaluated
 */
export async function runRecorded(
  plan: Plan,
  store: Store,
  collector: CollectorAccess,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<ExperimentReport> {
  await whileAway(() => upsertExperiment(store, toExperiment(plan)))
  reporter.onExperimentStart?.(plan, 'recorded')
  try {
    return await Promise.race([runAndJudge(plan, store, collector, reporter, signal), interruption(signal)])
  } catch (error) {
    const report = toReport(plan, 'recorded', [], [], messageOf(error))
    // Where the store is what failed, the error that is thrown says so.
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
  const delivery: Delivery = { lost: 0, pending: 0, reason: '' }
  const trialRuns = await runTrials(
    plan,
    // A collector that was away once is not waited for again and again.
    async () => note(delivery, await flush({ timeout: undelivered(delivery) > 0 ? '1s' : '10s' })),
    (run, done) => {
      if (!signal?.aborted) reporter.onTrial?.(plan, done, run)
    },
  )
  // Who did not take the spans cannot say when they can be read.
  if (delivery.pending === 0) await untilQueryable(collector)
  const report = await judgeRecorded(plan, 'recorded', trialRuns, store, delivery)
  reporter.onExperimentEnd?.(report)
  return report
}

/** What became of the spans of an experiment. */
interface Delivery {
  lost: number
  /** Not delivered by the last flush. */
  pending: number
  reason: string
}

function note(delivery: Delivery, { lost, pending, reason }: FlushResult): void {
  delivery.lost += lost
  delivery.pending = pending
  if (reason !== undefined) delivery.reason = reason
}

function undelivered({ lost, pending }: Delivery): number {
  return lost + pending
}

/** Reads the runs back, judges them, and writes results and experiment. Doing it again replaces both. */
export async function judgeRecorded(
  plan: Plan,
  mode: Mode,
  trialRuns: readonly TrialRun[],
  store: Store,
  delivery: Delivery = { lost: 0, pending: 0, reason: '' },
): Promise<ExperimentReport> {
  const expected = trialRuns.filter(({ error }) => error === undefined || error.reason === 'thrown')
  const runs = await readBack(plan, expected, store)
  const judged = await judgeTrials(plan, trialRuns, runs)
  const results = await whileAway(() => insertResults(store, judged))
  const missing = expected.filter(({ runId }) => !isRecorded(runs.get(runId))).length
  const problem = crashProblem(trialRuns) || deliveryProblemOf(missing, expected, delivery)
  const report = await whileAway(() => concludeExperiment(plan, mode, results, store, problem))
  await whileAway(() => upsertExperiment(store, toExperiment(plan, report)))
  return report
}

/** Nothing was evaluated if no trial could even be run. */
function crashProblem(trialRuns: readonly TrialRun[]): string {
  const [first] = trialRuns
  if (first === undefined || trialRuns.some(({ error }) => error?.reason !== 'crashed')) return ''
  return `No trial could be run: ${first.error?.message}`
}

/** A run without some of its spans is as bad as none: what is asserted of steps would be about others. */
function deliveryProblemOf(missing: number, expected: readonly TrialRun[], delivery: Delivery): string {
  const because = delivery.reason === '' ? '' : ` The last export failed: ${delivery.reason}.`
  if (missing > 0)
    return `${missing} of ${expected.length} runs did not arrive in Weir. Is the collector running, and is it WEIR_ENDPOINT?${because}`
  const spans = undelivered(delivery)
  return spans === 0 ? '' : `${spans} spans of the runs did not arrive in Weir.${because}`
}

/** Settles what has arrived until every run is there; gives up after some seconds without one more. */
async function readBack(
  plan: Plan,
  expected: readonly TrialRun[],
  store: Store,
  patienceMs = 5_000,
): Promise<Map<string, RunRecord>> {
  let arrived = -1
  let since = performance.now()
  for (;;) {
    const runs = await whileAway(() => settleExperiment(plan, store))
    const count = expected.filter(({ runId }) => isRecorded(runs.get(runId))).length
    if (count > arrived) since = performance.now()
    arrived = count
    if (count === expected.length || performance.now() - since > patienceMs) return runs
    await sleep(200)
  }
}

async function settleExperiment(plan: Plan, store: Store): Promise<Map<string, RunRecord>> {
  const { experimentId, started } = plan
  // The clock may have been set back since.
  const since = Math.min(started, Date.now()) - 60_000
  const traceIds = await findExperimentTraces(store, { experimentId, since })
  for (let from = 0; from < traceIds.length; from += SETTLE_BATCH) {
    await settleTraces(store, traceIds.slice(from, from + SETTLE_BATCH))
  }
  const records = await getRunRecords(store, { experimentId })
  if (judgesNested(plan)) {
    const known = new Set(records.map(({ runId }) => runId))
    const runIds = (await findExperimentRuns(store, { experimentId, since })).filter((id) => !known.has(id))
    records.push(...(await getRunRecords(store, { runIds })))
  }
  return toTrialRecords(plan, records)
}

function isRecorded(run: RunRecord | undefined): boolean {
  return run !== undefined && !run.incomplete
}
