import type { Store } from '@weir/store'
import {
  type BaselineGates,
  CompareError,
  type Comparison,
  compare,
  type Decision,
  decideBaselineGates,
  judgeBaselineGates,
  passAt,
  unverifiableBaselineGates,
} from '@weir/store/compare'
import type { GateResult } from '@weir/store/evaluations'
import type { Gates } from '../evaluation/definition.ts'
import type { ReportUsage } from '../runner/trial-facts.ts'
import type { Plan } from './plan.ts'
import { countTrials, type JudgedTrial, type ReportTotals, toTotals } from './report.ts'

/** What runs used: those by which trials are judged, and all of the experiment. */
export interface Usages {
  readonly trials: ReportUsage
  readonly all: ReportUsage
}

/** Judges the conditions on the totals. */
export function judgeGates(gates: Gates, trials: readonly JudgedTrial[], usage: Usages): GateResult[] {
  const totals = toTotals(trials)
  const scores = Object.entries(gates.scores ?? {}).flatMap(([name, gate]) => {
    const { mean, min } = typeof gate === 'number' ? { mean: gate } : gate
    return [scoreGate(totals, name, 'mean', mean), scoreGate(totals, name, 'min', min)]
  })
  const { perTrial, total } = gates.cost ?? {}
  return [
    passRateGate(gates.passRate ?? 1, totals),
    ...(gates.perCase === undefined ? [] : [perCaseGate(gates.perCase.atLeast, trials)]),
    ...Object.entries(gates.passAt ?? {}).map(([k, atLeast]) =>
      passAtGate('any', Number(k), atLeast, trials),
    ),
    ...Object.entries(gates.passAll ?? {}).map(([k, atLeast]) =>
      passAtGate('all', Number(k), atLeast, trials),
    ),
    ...scores.filter((gate) => gate !== undefined),
    ...(perTrial === undefined
      ? []
      : [costGate('cost of a trial', usage.trials, usage.trials.cost / totals.evaluated, perTrial)]),
    ...(total === undefined ? [] : [costGate('cost', usage.all, usage.all.cost, total)]),
  ]
}

function passRateGate(atLeast: number, totals: ReportTotals): GateResult {
  const name = `pass rate >= ${atLeast}`
  const { passed, evaluated, errors, passRate } = totals
  if (evaluated === 0) return { name, outcome: 'unverifiable', reason: 'nothing was evaluated' }
  if (errors === evaluated && passRate >= atLeast)
    return { name, outcome: 'unverifiable', reason: 'every trial ended in an error' }
  const reason = `${passed} of ${evaluated} passed (${round(passRate)})`
  return { name, outcome: passRate >= atLeast ? 'passed' : 'failed', reason }
}

/** Cases that a gate names. */
const MOST_NAMED = 5

function perCaseGate(atLeast: number, trials: readonly JudgedTrial[]): GateResult {
  const name = `pass rate of each case >= ${atLeast}`
  if (trials.length === 0) return { name, outcome: 'unverifiable', reason: 'nothing was evaluated' }
  const cases = countTrials(trials)
  const below = cases.filter(({ passed, trials: of }) => passed / of < atLeast)
  if (below.length === 0) return { name, outcome: 'passed', reason: `each of ${cases.length} cases` }
  const named = below
    .slice(0, MOST_NAMED)
    .map(({ caseId, passed, trials: of }) => `"${caseId}" ${passed} of ${of}`)
  const more = below.length > MOST_NAMED ? ` and ${below.length - MOST_NAMED} more` : ''
  return { name, outcome: 'failed', reason: `${named.join(', ')}${more}` }
}

function passAtGate(
  what: 'any' | 'all',
  k: number,
  atLeast: number,
  trials: readonly JudgedTrial[],
): GateResult {
  const name = `${what === 'any' ? 'pass@' : 'pass^'}${k} >= ${atLeast}`
  if (trials.length === 0) return { name, outcome: 'unverifiable', reason: 'nothing was evaluated' }
  const cases = countTrials(trials)
  const estimate = passAt(cases, k)
  if (estimate === undefined) {
    const least = Math.min(...cases.map(({ trials: own }) => own))
    const reason = `it needs ${k} trials of each case, and there are ${least}`
    return { name, outcome: 'unverifiable', reason }
  }
  const value = estimate[what]
  const { low, high } = what === 'any' ? estimate.anyInterval : estimate.allInterval
  const reason = `it is ${round(value)} over ${cases.length} ${cases.length === 1 ? 'case' : 'cases'}, 95% interval ${round(low)} to ${round(high)}`
  return { name, outcome: value >= atLeast - SLACK ? 'passed' : 'failed', reason }
}

/** A mean of fractions that is 0.9 may be computed as a little less. */
const SLACK = 1e-9

/** Trials that have no score could be anything: the gate is decided only if they make no difference. */
function scoreGate(
  totals: ReportTotals,
  scorer: string,
  statistic: 'mean' | 'min',
  atLeast: number | undefined,
): GateResult | undefined {
  if (atLeast === undefined) return undefined
  const name = `${statistic} of ${scorer} >= ${atLeast}`
  const score = totals.scores.find((candidate) => candidate.name === scorer)
  if (score === undefined) return { name, outcome: 'unverifiable', reason: 'nothing was scored' }
  const value = score[statistic]
  const unscored = totals.evaluated - score.count
  const reason = `it is ${round(value)} of ${score.count}`
  if (unscored === 0) return { name, outcome: value >= atLeast ? 'passed' : 'failed', reason }
  const ifAll = (of: number) =>
    statistic === 'min' ? Math.min(value, of) : (value * score.count + unscored * of) / totals.evaluated
  const outcome = ifAll(1) < atLeast ? 'failed' : ifAll(0) >= atLeast ? 'passed' : 'unverifiable'
  return { name, outcome, reason: `${reason}; ${unscored} could not be scored` }
}

/** What is known of the cost is a lower bound where a price is unknown: it can be too high, never low enough. */
function costGate(
  what: string,
  { cost, isCostPartial }: ReportUsage,
  value: number,
  atMost: number,
): GateResult {
  const dollars = (amount: number) => `$${Number(amount.toPrecision(3))}`
  const name = `${what} <= ${dollars(atMost)}`
  if (value > atMost)
    return { name, outcome: 'failed', reason: `it is ${isCostPartial ? 'at least ' : ''}${dollars(value)}` }
  if (isCostPartial)
    return {
      name,
      outcome: 'unverifiable',
      reason: `it is at least ${dollars(value)}: some tokens have no known price`,
    }
  if (cost === 0) return { name, outcome: 'unverifiable', reason: 'no cost was recorded' }
  return { name, outcome: 'passed', reason: `it is ${dollars(value)}` }
}

function round(value: number): string {
  return String(Number(value.toFixed(4)))
}

/** The gates that need the baseline; undefined if the evaluation has none. */
function baselineGatesOf({ outline }: Plan): BaselineGates | undefined {
  const { latency, vsBaseline = {} } = outline.gates
  const gates: BaselineGates = {
    ...vsBaseline,
    latency: vsBaseline.latency ?? (latency === undefined ? undefined : latency.steps),
  }
  const { scores = {}, ...others } = gates
  const all = [...Object.values(scores), ...Object.values(others)]
  return all.some((gate) => gate !== undefined) ? gates : undefined
}

/** Judges the gates that need the baseline; none if the evaluation has no such gate. */
export async function judgeBaseline(plan: Plan, store: Store | undefined): Promise<GateResult[]> {
  const gates = baselineGatesOf(plan)
  if (gates === undefined) return []
  const unverifiable = (reason: string) => unverifiableBaselineGates(gates, reason)
  if (store === undefined) return unverifiable('a baseline is stored in Weir: run without --local')
  if (plan.baselineExperimentId === undefined) return unverifiable(missingBaseline(plan))
  try {
    return judgeBaselineGates(await compareWith(plan.baselineExperimentId, plan, store), gates)
  } catch (error) {
    if (error instanceof CompareError) return unverifiable(error.message)
    throw error
  }
}

/** Whether these gates are decided, by what is stored of the trials so far; an evaluation without any has passed them. */
export async function decideBaseline(plan: Plan, store: Store | undefined): Promise<Decision> {
  const gates = baselineGatesOf(plan)
  if (gates === undefined) return 'passed'
  if (store === undefined || plan.baselineExperimentId === undefined) return undefined
  try {
    return decideBaselineGates(await compareWith(plan.baselineExperimentId, plan, store), gates)
  } catch (error) {
    if (error instanceof CompareError) return undefined
    throw error
  }
}

function compareWith(
  baselineExperimentId: string,
  { variant, experimentId, outline }: Plan,
  store: Store,
): Promise<Comparison> {
  return compare(store, {
    flow: variant.flow,
    base: { kind: 'experiment', experimentId: baselineExperimentId },
    candidate: { kind: 'experiment', experimentId },
    // It is stored as running until it is judged; but unless it stops when it is decided, nobody looks twice.
    anytime: outline.stopWhen !== undefined,
  })
}

function missingBaseline({ baseline, experimentId }: Plan): string {
  const name = baseline ?? 'main'
  const what =
    baseline === undefined ? 'the evaluation names no baseline' : `there is no baseline "${name}" yet`
  return `${what}: promote one with \`weir baseline promote ${experimentId} --name ${name}\``
}
