import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { UsageError } from '@weir/config'
import type { Case, Result } from '@weir/store/evaluations'
import type { RunRecord } from '@weir/store/run-model'
import { describeCheck, judge } from '../checks/judge.ts'
import { matchersFor } from '../checks/matchers.ts'
import { outputOf } from '../checks/output-checks.ts'
import type { Check } from '../checks/table.ts'
import { messageOf } from '../errors.ts'
import type { Evaluation, Scored, Scorer } from '../evaluation/definition.ts'
import { isErrorExpected } from '../evaluation/outline.ts'
import { TimeLimitError, withTimeLimit } from '../time-limit.ts'
import type { TrialRun } from './run-trial.ts'
import { runScorer } from './scorer-run.ts'
import { guarded } from './stray-errors.ts'

/** What judges a trial. */
export type Judges = Pick<Evaluation, 'checks' | 'expect' | 'scorers' | 'timeoutMs'>

type PartialResult = Pick<Result, 'kind' | 'name' | 'outcome' | 'reason'> & { readonly score?: number }

/** Runs a try of a scorer. */
type RunScorer = (name: string, score: () => Promise<unknown>) => Promise<unknown>

const NOT_RECORDED = 'The run of this trial was not recorded.'

/**
 * The results of one trial, by its recorded run. If it cannot be judged, that is its result. Never rejects.
 * @param onScorerRun told the id of a scorer's run when it begins
 */
export async function judgeTrial(
  evaluation: Judges,
  experimentId: string,
  item: Case,
  trialRun: TrialRun,
  run: RunRecord | undefined,
  onScorerRun: (runId: string) => void = () => {},
): Promise<Result[]> {
  const scoredTrial = { experimentId, caseId: item.id, trial: trialRun.trial }
  const inRun: RunScorer = (name, score) => runScorer(name, scoredTrial, score, onScorerRun)
  const results = await judgeRun(evaluation, item, trialRun, run, inRun).catch(
    (error: unknown): PartialResult[] => {
      const reason = `Could not be judged: ${messageOf(error)}`
      return [{ kind: 'task', name: '', outcome: 'error', reason }]
    },
  )
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
  evaluation: Judges,
  item: Case,
  trialRun: TrialRun,
  run: RunRecord | undefined,
  inRun: RunScorer,
): Promise<PartialResult[]> {
  const task = judgeTask(evaluation, trialRun, run)
  const scored = run === undefined ? undefined : { item, run }
  const asserted = await judgeExpect(evaluation, scored)
  const scores = await Promise.all(
    evaluation.scorers.map((scorer) => judgeScorer(scorer, evaluation.timeoutMs, task, scored, inRun)),
  )
  return [task, ...evaluation.checks.map((check) => judgeCheck(check, run)), ...asserted, ...scores]
}

/** A task that failed is an error, unless a check expects the run to end that way. */
function judgeTask(evaluation: Judges, trialRun: TrialRun, run: RunRecord | undefined): PartialResult {
  const base = { kind: 'task' as const, name: '' }
  if (
    trialRun.error !== undefined &&
    (trialRun.error.reason !== 'thrown' || !isErrorExpected(evaluation.checks))
  ) {
    return { ...base, outcome: 'error', reason: trialRun.error.message }
  }
  if (run === undefined) return { ...base, outcome: 'error', reason: NOT_RECORDED }
  return { ...base, outcome: 'passed', reason: trialRun.error?.message ?? '' }
}

/** Every trial is judged by the same checks. */
const names = new WeakMap<Check, string>()

function nameOf(check: Check): string {
  const name = names.get(check) ?? describeCheck(check)
  names.set(check, name)
  return name
}

function judgeCheck(check: Check, run: RunRecord | undefined): PartialResult {
  const base = { kind: 'check' as const, name: nameOf(check) }
  if (run === undefined) return { ...base, outcome: 'unverifiable', reason: NOT_RECORDED }
  return { ...base, ...judge(check, run) }
}

interface Recorded {
  readonly item: Case
  readonly run: RunRecord
}

/** `onLook` is called when somebody looks at what the run did. */
function toScored({ item, run }: Recorded, signal: AbortSignal, onLook: () => void = () => {}): Scored {
  const { input, reference } = item
  return {
    input,
    reference,
    case: item,
    signal,
    get output() {
      onLook()
      return outputOf(run)
    },
    get run() {
      onLook()
      return run
    },
  }
}

/**
 * What `expect` asserts becomes results: each call of our matchers, and whatever another assertion library throws. One that asserts
 * nothing and does not even look at the output or the run is unverifiable.
 */
async function judgeExpect(
  { expect, timeoutMs }: Judges,
  recorded: Recorded | undefined,
): Promise<PartialResult[]> {
  if (expect === undefined) return []
  const base = { kind: 'check' as const, name: 'expect' }
  if (recorded === undefined) return [{ ...base, outcome: 'unverifiable', reason: NOT_RECORDED }]
  const results: PartialResult[] = []
  let hasLooked = false
  try {
    await withTimeLimit((signal) => {
      const scored = toScored(recorded, signal, () => {
        hasLooked = true
      })
      const take = (check: Check): void => void results.push(judgeCheck(check, recorded.run))
      return guarded(() => expect(Object.assign(scored, { expect: matchersFor(take) })))
    }, timeoutMs)
  } catch (thrown) {
    const outcome = isAssertion(thrown) ? 'failed' : 'error'
    const reason = outcome === 'failed' ? messageOf(thrown) : `expect threw: ${messageOf(thrown)}`
    return [...results, { ...base, outcome, reason }]
  }
  if (results.length > 0) return results
  if (hasLooked) return [{ ...base, outcome: 'passed', reason: 'expect threw nothing.' }]
  return [
    { ...base, outcome: 'unverifiable', reason: 'expect asserted nothing: it did not look at the run.' },
  ]
}

/** node:assert, chai, Vitest and Jest throw errors of different classes; each says so by one of these. */
function isAssertion(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  return (
    /Assertion/.test(thrown.name) || 'matcherResult' in thrown || ('actual' in thrown && 'expected' in thrown)
  )
}

/** Pauses before the second and the third try of a scorer: what calls a model fails now and then. */
const SCORER_PAUSES_MS = [250, 1_000]
/** A scorer that failed in every try of this many trials in a row fails for another reason: it gets one try each. */
const MOST_FAILURES = 3
const failures = new WeakMap<Scorer, number>()

/** A scorer that failed is an error of its own: it has no score. */
async function judgeScorer(
  scorer: Scorer,
  timeoutMs: number,
  task: PartialResult,
  recorded: Recorded | undefined,
  inRun: RunScorer,
): Promise<PartialResult> {
  const base = { kind: 'scorer' as const, name: scorer.name }
  if (recorded === undefined || task.outcome === 'error') {
    return { ...base, outcome: 'error', reason: `Not scored: ${task.reason}` }
  }
  const failed = failures.get(scorer) ?? 0
  const pausesMs = failed < MOST_FAILURES ? SCORER_PAUSES_MS : []
  for (let tries = 1; ; tries++) {
    try {
      const scored = await score(scorer, timeoutMs, recorded, inRun)
      failures.delete(scorer)
      return { ...base, outcome: 'passed', ...scored }
    } catch (thrown) {
      const pauseMs = pausesMs[tries - 1]
      if (pauseMs === undefined || thrown instanceof TimeLimitError || thrown instanceof UsageError) {
        failures.set(scorer, failed + 1)
        const times = tries === 1 ? '' : ` ${tries} times`
        return { ...base, outcome: 'error', reason: `The scorer failed${times}: ${messageOf(thrown)}` }
      }
      await sleep(pauseMs)
    }
  }
}

async function score(
  scorer: Scorer,
  timeoutMs: number,
  recorded: Recorded,
  inRun: RunScorer,
): Promise<{ score: number; reason: string }> {
  const result: unknown = await withTimeLimit(
    (signal) => guarded(() => inRun(scorer.name, async () => scorer.score(toScored(recorded, signal)))),
    timeoutMs,
  )
  const { score, reason = '' } = (typeof result === 'object' ? (result ?? {}) : { score: result }) as {
    readonly score?: unknown
    readonly reason?: unknown
  }
  if (typeof score === 'number' && score >= 0 && score <= 1) return { score, reason: String(reason) }
  const got = typeof result === 'object' ? inspect(result) : `${String(result)} (${typeof result})`
  throw new TypeError(`a scorer returns a number from 0 to 1, or { score, reason }; got ${got}`)
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
