import type { Case, Result } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import type { Check } from '../checks/check.ts'
import { describeCheck } from '../checks/describe.ts'
import { judge } from '../checks/judge.ts'
import { matchersFor } from '../checks/matchers.ts'
import { outputOf } from '../checks/recorded-value.ts'
import { messageOf } from '../errors.ts'
import type { Evaluation, Scored, Scorer } from '../evaluation/definition.ts'
import type { TrialRun } from './run-trial.ts'
import { timeLimited } from './time-limit.ts'

type Verdict = Pick<Result, 'kind' | 'name' | 'outcome' | 'reason'> & { readonly score?: number }

const NOT_RECORDED = 'The run of this trial was not recorded.'

/** Judges a trial from its recorded run: its task, every check, what `expect` asserted, every scorer. */
export async function judgeTrial(
  evaluation: Evaluation,
  experimentId: string,
  item: Case,
  trialRun: TrialRun,
  run: RunRecord | undefined,
): Promise<Result[]> {
  const task = judgeTask(evaluation, trialRun, run)
  const scored = run === undefined ? undefined : toScored(item, run)
  const verdicts = [
    task,
    ...evaluation.checks.map((check) => judgeCheck(check, run)),
    ...(await judgeExpect(evaluation, scored)),
    ...(await Promise.all(
      evaluation.scorers.map((scorer) => judgeScorer(scorer, evaluation.timeoutMs, task, scored)),
    )),
  ]
  return unique(verdicts).map((verdict) => ({
    experimentId,
    caseId: item.id,
    trial: trialRun.trial,
    kind: verdict.kind,
    name: verdict.name,
    outcome: verdict.outcome,
    score: verdict.score ?? (verdict.outcome === 'passed' ? 1 : 0),
    reason: verdict.reason,
    runId: trialRun.runId,
    durationNs: verdict.kind === 'task' ? (run?.durationNs ?? trialRun.durationMs * 1e6) : 0,
  }))
}

/** A task that failed is an error, unless a check asks for the run to end so. */
function judgeTask(evaluation: Evaluation, trialRun: TrialRun, run: RunRecord | undefined): Verdict {
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

function judgeCheck(check: Check, run: RunRecord | undefined): Verdict {
  const base = { kind: 'check' as const, name: describeCheck(check) }
  if (run === undefined) return { ...base, outcome: 'unverifiable', reason: NOT_RECORDED }
  return { ...base, ...judge(check, run) }
}

function toScored(item: Case, run: RunRecord): Scored {
  return { input: item.input, output: outputOf(run), reference: item.reference, run }
}

/** What `expect` asserts becomes results; that it asserts nothing, or throws, is one too. */
async function judgeExpect(
  { expect, timeoutMs }: Evaluation,
  scored: Scored | undefined,
): Promise<Verdict[]> {
  if (expect === undefined) return []
  const base = { kind: 'check' as const, name: 'expect' }
  if (scored === undefined) return [{ ...base, outcome: 'unverifiable', reason: NOT_RECORDED }]
  const verdicts: Verdict[] = []
  const take = (check: Check): void => void verdicts.push(judgeCheck(check, scored.run))
  try {
    const context = { ...scored, expect: matchersFor(take) }
    await timeLimited(expect(context), timeoutMs)
  } catch (thrown) {
    return [...verdicts, { ...base, outcome: 'error', reason: `expect threw: ${messageOf(thrown)}` }]
  }
  if (verdicts.length > 0) return verdicts
  return [{ ...base, outcome: 'unverifiable', reason: 'expect made no assertion.' }]
}

/** A scorer that could not score counts as 0 and as an error. */
async function judgeScorer(
  scorer: Scorer,
  timeoutMs: number,
  task: Verdict,
  scored: Scored | undefined,
): Promise<Verdict> {
  const base = { kind: 'scorer' as const, name: scorer.name }
  if (scored === undefined || task.outcome === 'error') {
    return { ...base, outcome: 'error', score: 0, reason: `Not scored: ${task.reason}` }
  }
  try {
    const given = await timeLimited(scorer.score(scored), timeoutMs)
    const { score, reason = '' } = typeof given === 'number' ? { score: given } : given
    if (typeof score === 'number' && score >= 0 && score <= 1)
      return { ...base, outcome: 'passed', score, reason: String(reason) }
    throw new TypeError(`a scorer gives a number from 0 to 1, got ${String(score)} (${typeof score})`)
  } catch (thrown) {
    return { ...base, outcome: 'error', score: 0, reason: `The scorer failed: ${messageOf(thrown)}` }
  }
}

/** Results are kept by kind and name: the same assertion made twice must not replace itself. */
function unique(verdicts: readonly Verdict[]): Verdict[] {
  const seen = new Map<string, number>()
  return verdicts.map((verdict) => {
    const name = verdict.name.toWellFormed()
    const key = `${verdict.kind} ${name}`
    const times = (seen.get(key) ?? 0) + 1
    seen.set(key, times)
    return { ...verdict, name: times === 1 ? name : `${name} (${times})` }
  })
}
