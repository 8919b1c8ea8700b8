import type { Store } from '@weir/store'
import type { Case, Result } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import { describeCheck, judge } from '../checks/judge.ts'
import { matchersFor } from '../checks/matchers.ts'
import { outputOf } from '../checks/output-checks.ts'
import type { Check } from '../checks/table.ts'
import { messageOf } from '../errors.ts'
import type { Evaluation, Scored, Scorer } from '../evaluation/definition.ts'
import { withTimeLimit } from '../time-limit.ts'
import { judgeGates, judgeLatency } from './gates.ts'
import type { Plan } from './plan.ts'
import { type ExperimentReport, type Mode, toReport, toTotals, toTrials } from './report.ts'
import type { TrialRun } from './trials.ts'

/** Trials judged at once: scorers may call a model. */
const CONCURRENCY = 16

/** Judges every trial from its recorded run, in the order of the trials. */
export async function judgeTrials(
  plan: Plan,
  trialRuns: readonly TrialRun[],
  runs: ReadonlyMap<string, RunRecord>,
): Promise<Result[]> {
  const cases = new Map<string, Case>(plan.cases.map((item) => [item.id, item]))
  const judged: Result[][] = new Array(trialRuns.length)
  const queue = trialRuns.entries()
  const worker = async (): Promise<void> => {
    for (const [index, trialRun] of queue) {
      judged[index] = await judgeTrial(plan, cases.get(trialRun.caseId)!, trialRun, runs.get(trialRun.runId))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return judged.flat()
}

/** Applies the gates to judged results and reports both. */
export async function concludeExperiment(
  plan: Plan,
  mode: Mode,
  results: readonly Result[],
  store: Store | undefined,
  error?: string,
): Promise<ExperimentReport> {
  const totals = toTotals(toTrials(results))
  const latency = error === undefined ? await judgeLatency(plan, store) : undefined
  return toReport(plan, mode, results, judgeGates(plan.evaluation.gates, totals, latency), error)
}

type PartialResult = Pick<Result, 'kind' | 'name' | 'outcome' | 'reason'> & { readonly score?: number }

const NOT_RECORDED = 'The run of this trial was not recorded.'

/** The results of one trial. If it cannot be judged, that is its result; the others are judged. */
async function judgeTrial(
  { evaluation, experimentId }: Plan,
  item: Case,
  trialRun: TrialRun,
  run: RunRecord | undefined,
): Promise<Result[]> {
  const results = await judgeRun(evaluation, item, trialRun, run).catch((error: unknown): PartialResult[] => {
    const reason = `Could not be judged: ${messageOf(error)}`
    return [{ kind: 'task', name: '', outcome: 'error', reason }]
  })
  return unique(results).map((result) => ({
    experimentId,
    caseId: item.id,
    trial: trialRun.trial,
    kind: result.kind,
    name: result.name,
    outcome: result.outcome,
    score: result.score ?? (result.outcome === 'passed' ? 1 : 0),
    reason: result.reason,
    runId: trialRun.runId,
    durationNs: result.kind === 'task' ? (run?.durationNs ?? trialRun.durationMs * 1e6) : 0,
  }))
}

/** Judges a recorded run: its task, every check, what `expect` asserts, every scorer. */
async function judgeRun(
  evaluation: Evaluation,
  item: Case,
  trialRun: TrialRun,
  run: RunRecord | undefined,
): Promise<PartialResult[]> {
  const task = judgeTask(evaluation, trialRun, run)
  const scored = run === undefined ? undefined : toScored(item, run)
  const asserted = await judgeExpect(evaluation, scored)
  const scores = await Promise.all(
    evaluation.scorers.map((scorer) => judgeScorer(scorer, evaluation.timeoutMs, task, scored)),
  )
  return [task, ...evaluation.checks.map((check) => judgeCheck(check, run)), ...asserted, ...scores]
}

/** A task that failed is an error, unless a check expects the run to end that way. */
function judgeTask(evaluation: Evaluation, trialRun: TrialRun, run: RunRecord | undefined): PartialResult {
  const base = { kind: 'task' as const, name: '' }
  if (trialRun.error !== undefined && (trialRun.error.reason !== 'thrown' || !isErrorExpected(evaluation))) {
    return { ...base, outcome: 'error', reason: trialRun.error.message }
  }
  if (run === undefined) return { ...base, outcome: 'error', reason: NOT_RECORDED }
  return { ...base, outcome: 'passed', reason: trialRun.error?.message ?? '' }
}

function isErrorExpected({ checks }: Evaluation): boolean {
  return checks.some(
    (check) => check.type === 'run.status' && (check.status === 'error') !== (check.not === true),
  )
}

function judgeCheck(check: Check, run: RunRecord | undefined): PartialResult {
  const base = { kind: 'check' as const, name: describeCheck(check) }
  if (run === undefined) return { ...base, outcome: 'unverifiable', reason: NOT_RECORDED }
  return { ...base, ...judge(check, run) }
}

function toScored(item: Case, run: RunRecord): Scored {
  return { input: item.input, output: outputOf(run), reference: item.reference, run }
}

/** What `expect` asserts becomes results; so does an `expect` that asserts nothing or throws. */
async function judgeExpect(
  { expect, timeoutMs }: Evaluation,
  scored: Scored | undefined,
): Promise<PartialResult[]> {
  if (expect === undefined) return []
  const base = { kind: 'check' as const, name: 'expect' }
  if (scored === undefined) return [{ ...base, outcome: 'unverifiable', reason: NOT_RECORDED }]
  const results: PartialResult[] = []
  const take = (check: Check): void => void results.push(judgeCheck(check, scored.run))
  try {
    const context = { ...scored, expect: matchersFor(take) }
    await withTimeLimit(expect(context), timeoutMs)
  } catch (thrown) {
    return [...results, { ...base, outcome: 'error', reason: `expect threw: ${messageOf(thrown)}` }]
  }
  if (results.length > 0) return results
  return [{ ...base, outcome: 'unverifiable', reason: 'expect made no assertion.' }]
}

/** A scorer that failed is an error and counts as 0. */
async function judgeScorer(
  scorer: Scorer,
  timeoutMs: number,
  task: PartialResult,
  scored: Scored | undefined,
): Promise<PartialResult> {
  const base = { kind: 'scorer' as const, name: scorer.name }
  if (scored === undefined || task.outcome === 'error') {
    return { ...base, outcome: 'error', score: 0, reason: `Not scored: ${task.reason}` }
  }
  try {
    const scorerResult = await withTimeLimit(scorer.score(scored), timeoutMs)
    const { score, reason = '' } = typeof scorerResult === 'number' ? { score: scorerResult } : scorerResult
    if (typeof score === 'number' && score >= 0 && score <= 1)
      return { ...base, outcome: 'passed', score, reason: String(reason) }
    throw new TypeError(`a scorer returns a number from 0 to 1, got ${String(score)} (${typeof score})`)
  } catch (thrown) {
    return { ...base, outcome: 'error', score: 0, reason: `The scorer failed: ${messageOf(thrown)}` }
  }
}

/** Results are stored by kind and name: an assertion made twice must not replace itself. */
function unique(results: readonly PartialResult[]): PartialResult[] {
  const seen = new Map<string, number>()
  return results.map((result) => {
    const name = result.name.toWellFormed()
    const key = `${result.kind} ${name}`
    const times = (seen.get(key) ?? 0) + 1
    seen.set(key, times)
    return { ...result, name: times === 1 ? name : `${name} (${times})` }
  })
}
