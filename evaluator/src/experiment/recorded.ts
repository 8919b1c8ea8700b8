import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@weir/store'
import { insertResults, type Result, storeCases, upsertExperiment } from '@weir/store/evaluations'
import { messageOf } from '../errors.ts'
import type { Reporter } from '../reporters/reporter.ts'
import { type MissingSpans, NOTHING_MISSING } from '../runner/delivery.ts'
import type { TrialRunner } from '../runner/evaluation-code.ts'
import type { TrialRun } from '../runner/run-trial.ts'
import { sumUsage } from '../runner/trial-facts.ts'
import { type CollectorAccess, retryWhileUnavailable, waitUntilQueryable } from './availability.ts'
import { concludeExperiment, crashProblem, lateErrors, replaceResults, withBudget } from './conclude.ts'
import { type Known, runRounds } from './decision.ts'
import { Judging } from './judging.ts'
import type { Plan } from './plan.ts'
import {
  type ExperimentReport,
  type Mode,
  plannedTrials,
  toExperiment,
  toReport,
  toTrials,
} from './report.ts'
import { type PlannedTrial, runTrials } from './trials.ts'
import { readUsage } from './usage.ts'

/** Where an experiment is recorded and stored. */
export interface Recorded {
  readonly store: Store
  readonly collector: CollectorAccess
}

/** Between two looks for runs to judge while others run. */
const JUDGE_EVERY_MS = 1_000

/**
 * Runs an experiment that is traced into the collector, and judges it from the recorded runs. It judges and stores them as they come,
 * so that an experiment that ends early can go on from there.
 * @returns an experiment that `signal` ended as one that could not be evaluated
 * @throws whatever else ended it early; the experiment is then stored as one that could not be evaluated
 */
export async function runRecorded(
  planned: Plan,
  runner: TrialRunner,
  { store, collector }: Recorded,
  reporter: Reporter,
  interrupted?: AbortSignal,
): Promise<ExperimentReport> {
  const { signal, spent } = withBudget(planned.outline.budget, interrupted)
  await retryWhileUnavailable(() => storeCases(store, { ...planned, cases: planned.allCases }))
  await retryWhileUnavailable(() => upsertExperiment(store, toExperiment(planned)))
  reporter.onExperimentStart?.(planned, 'recorded')
  const judging = new Judging(planned, store, runner.judge.bind(runner), planned.judged)
  const trialRuns: TrialRun[] = []
  let missing = NOTHING_MISSING
  const run = async (trials: Iterator<PlannedTrial>): Promise<void> => {
    const limits = { signal, spent }
    trialRuns.push(...(await runAndJudge(planned, trials, runner, collector, judging, reporter, limits)))
    missing = await runner.deliver()
    // A collector that did not take the spans cannot say when they can be read.
    if (missing.pending === 0) await waitUntilQueryable(collector)
    await judging.judgeAll()
  }
  const known = async (): Promise<Known> => {
    await judging.readFacts()
    const usage = { trials: sumUsage([...judging.facts.values()]), all: await judging.readUsage(false) }
    return { trials: toTrials(judging.results), usage }
  }
  try {
    const plan = await runRounds(planned, store, run, known)
    await deliverScorers(plan, runner, collector)
    const report = await concludeRecorded(plan, 'recorded', store, judging, trialRuns, missing, runner)
    reporter.onExperimentEnd?.(report)
    return report
  } catch (error) {
    const isInterrupted = signal.aborted && error === signal.reason
    if (isInterrupted) await judgeLast(judging, collector)
    const usage = await readUsage(planned, store).catch(() => undefined)
    const results = judging.results
    const message = isInterrupted ? interruptedText(planned, results, error) : messageOf(error)
    const report = toReport(planned, 'recorded', results, { facts: judging.facts, usage, error: message })
    // If it is the store that failed, the error that is thrown says so.
    await upsertExperiment(store, toExperiment(planned, report)).catch(() => undefined)
    if (!isInterrupted) throw error
    reporter.onExperimentEnd?.(report)
    return report
  }
}

/** Whoever interrupted it waits for this. */
const LAST_MS = 10_000

async function judgeLast(judging: Judging, collector: CollectorAccess): Promise<void> {
  const timeUp = AbortSignal.timeout(LAST_MS)
  const judged = waitUntilQueryable(collector, timeUp).then(() => judging.judgeArrived())
  await Promise.race([judged, sleep(LAST_MS, undefined, { ref: false })]).catch(() => undefined)
}

function interruptedText(plan: Plan, results: readonly Result[], error: unknown): string {
  return `${messageOf(error)}: ${toTrials(results).length} of ${plannedTrials(plan)} trials are judged and stored. Go on with: weir eval --resume ${plan.experimentId}`
}

/** Runs those of the trials that are not judged yet. */
async function runAndJudge(
  plan: Plan,
  trials: Iterator<PlannedTrial>,
  runner: TrialRunner,
  collector: CollectorAccess,
  judging: Judging,
  reporter: Reporter,
  { signal, spent }: ReturnType<typeof withBudget>,
): Promise<TrialRun[]> {
  const before = new Set(
    toTrials(judging.results).map(({ caseId, trial }) => JSON.stringify([caseId, trial])),
  )
  const left = Iterator.from(trials).filter(
    ({ item, trial }) => !before.has(JSON.stringify([item.id, trial])),
  )
  const trialRuns: TrialRun[] = []
  const ended = new AbortController()
  const judgingMeanwhile = judgeUntil(ended.signal, judging, collector, spent)
  // A store that fails ends the trials too.
  const running = runTrials(
    plan,
    runner,
    left,
    ({ run }, startedMs) => {
      trialRuns.push(run)
      judging.add(run, startedMs)
      reporter.onTrial?.(plan, before.size + trialRuns.length, run)
    },
    signal,
  )
  try {
    await Promise.race([running, judgingMeanwhile.then(() => running)])
  } finally {
    ended.abort()
  }
  await judgingMeanwhile
  return trialRuns
}

/** A look may settle many traces: the store has twice as long for others. */
async function judgeUntil(
  ended: AbortSignal,
  judging: Judging,
  collector: CollectorAccess,
  spent: ((dollars: number) => void) | undefined,
): Promise<void> {
  let tookMs = 0
  while (!ended.aborted) {
    await sleep(Math.max(JUDGE_EVERY_MS, 2 * tookMs), undefined, { signal: ended }).catch(() => undefined)
    if (ended.aborted) return
    const startedMs = performance.now()
    await waitUntilQueryable(collector, ended)
    await judging.judgeArrived()
    if (spent !== undefined) spent((await judging.readUsage(false)).cost)
    tookMs = performance.now() - startedMs
  }
}

/** Scorers have run since the runs of the trials were delivered. */
async function deliverScorers(
  { outline }: Plan,
  runner: Pick<TrialRunner, 'deliver'>,
  collector: CollectorAccess | undefined,
): Promise<void> {
  if (outline.scorers.length === 0) return
  const { pending } = await runner.deliver()
  if (pending === 0 && collector !== undefined) await waitUntilQueryable(collector)
}

/** Judges trials that have ended, and the experiment. Repeating it replaces both. */
export async function judgeRecorded(
  plan: Plan,
  mode: Mode,
  trialRuns: readonly TrialRun[],
  { store, collector }: { readonly store: Store; readonly collector: CollectorAccess | undefined },
  runner: Omit<TrialRunner, 'run'>,
): Promise<ExperimentReport> {
  const judging = new Judging(plan, store, runner.judge.bind(runner))
  for (const trialRun of trialRuns) judging.add(trialRun, plan.startedMs)
  await judging.judgeAll()
  await deliverScorers(plan, runner, collector)
  return concludeRecorded(plan, mode, store, judging, trialRuns, NOTHING_MISSING, runner)
}

async function concludeRecorded(
  plan: Plan,
  mode: Mode,
  store: Store,
  judging: Judging,
  trialRuns: readonly TrialRun[],
  missing: MissingSpans,
  runner: Pick<TrialRunner, 'late' | 'unowned'>,
): Promise<ExperimentReport> {
  const errors = lateErrors(judging.results, runner.late)
  await retryWhileUnavailable(() => insertResults(store, errors))
  const results = replaceResults(judging.results, errors)
  const problem = crashProblem(trialRuns, runner) ?? deliveryProblem(judging.runs, missing)
  await judging.readFacts()
  const usage = await judging.readUsage(true)
  const report = await retryWhileUnavailable(() =>
    concludeExperiment(plan, mode, results, judging.facts, usage, store, problem),
  )
  await retryWhileUnavailable(() => upsertExperiment(store, toExperiment(plan, report)))
  return report
}

/** A run without some of its spans is as bad as none: checks would be about other steps. */
function deliveryProblem(runs: Judging['runs'], { lost, pending, reason }: MissingSpans): string | undefined {
  const because = reason === undefined ? '' : ` The last export failed: ${reason}.`
  if (runs.missing > 0)
    return `${runs.missing} of ${runs.expected} runs did not arrive in Weir. Is the collector running, and is it WEIR_ENDPOINT?${because}`
  const spans = lost + pending
  return spans === 0 ? undefined : `${spans} spans of the runs did not arrive in Weir.${because}`
}
