import { z } from 'zod'
import type { GateResult } from '../evaluations/types.ts'
import type { CaseMetricComparison, CaseMetricKind, Comparison, MetricComparison } from './comparison.ts'
import { countCases } from './pair-cases.ts'

/** A bound is a share of 1: 0.02 is two percentage points, or 0.02 of a score. */
export type DropGate = 'no-regression' | { readonly maxDrop: number }
/** A bound is a percentage: `'10%'`. */
export type IncreaseGate = 'no-regression' | { readonly maxIncrease: string }

const noRegression = z.literal('no-regression')
const drop: z.ZodType<DropGate> = z.union([
  noRegression,
  z.strictObject({ maxDrop: z.number().min(0).max(1) }),
])
const increase: z.ZodType<IncreaseGate> = z.union([
  noRegression,
  z.strictObject({ maxIncrease: z.string().regex(/^\d+(\.\d+)?%$/, 'expected a percentage like "10%"') }),
])

/**
 * Conditions on an experiment beside its baseline. `'no-regression'` fails on a verdict, so only on what is certain. A number is a bound on
 * what was measured, however few cases there are: `maxDrop` of a pass rate or a mean score, `maxIncrease` of the whole run's typical
 * duration or the mean cost per trial.
 */
export const baselineGates: z.ZodType<BaselineGates> = z.strictObject({
  passRate: drop.optional(),
  /** By scorer. */
  scores: z.record(z.string(), drop).optional(),
  latency: increase.optional(),
  cost: increase.optional(),
})

export interface BaselineGates {
  readonly passRate?: DropGate | undefined
  readonly scores?: Readonly<Record<string, DropGate>> | undefined
  readonly latency?: IncreaseGate | undefined
  readonly cost?: IncreaseGate | undefined
}

/** Judges each gate; what could not be compared is unverifiable. The base of the comparison is the baseline. */
export function judgeBaselineGates(
  comparison: Pick<Comparison, 'run' | 'steps' | 'caseMetrics' | 'pairing'>,
  { passRate, scores = {}, latency, cost }: BaselineGates,
): GateResult[] {
  const find = (kind: CaseMetricKind, name = '') =>
    comparison.caseMetrics.find((metric) => metric.kind === kind && metric.name === name)
  return [
    ...(passRate === undefined ? [] : [shareGate('pass rate', find('pass rate'), passRate)]),
    ...Object.entries(scores).map(([name, gate]) => shareGate(`score ${name}`, find('score', name), gate)),
    ...(latency === undefined ? [] : [latencyGate(comparison, latency)]),
    ...(cost === undefined ? [] : [costGate(find('cost'), cost)]),
  ]
}

/** The gates where there is nothing to judge them by. */
export function unverifiableBaselineGates(gates: BaselineGates, reason: string): GateResult[] {
  const { passRate, scores = {}, latency, cost } = gates
  const drop = (what: string, gate: DropGate | undefined) =>
    gate === undefined ? [] : [unverifiable(nameOfDrop(what, gate), reason)]
  const increase = (what: string, gate: IncreaseGate | undefined) =>
    gate === undefined ? [] : [unverifiable(nameOfIncrease(what, gate), reason)]
  return [
    ...drop('pass rate', passRate),
    ...Object.entries(scores).flatMap(([name, gate]) => drop(`score ${name}`, gate)),
    ...increase('latency', latency),
    ...increase('cost', cost),
  ]
}

/** Slack against rounding: a drop of 0.02 from 0.92 to 0.9 is no more than 0.02. */
const SLACK = 1e-9

function shareGate(what: string, metric: CaseMetricComparison | undefined, gate: DropGate): GateResult {
  const name = nameOfDrop(what, gate)
  if (metric === undefined || metric.base === null || metric.candidate === null)
    return unverifiable(name, `no case has a ${what} in both experiments`)
  const { base, candidate, effect, cases } = metric
  const interval =
    effect === null ? '' : `, 95% interval of the difference ${signed(effect.low)} to ${signed(effect.high)}`
  const reason = `${round(candidate)}, in the baseline ${round(base)} (${countCases(cases ?? 0)}${interval})`
  if (gate !== 'no-regression') return outcome(name, base - candidate <= gate.maxDrop + SLACK, reason)
  return judged(name, metric, reason)
}

function costGate(metric: CaseMetricComparison | undefined, gate: IncreaseGate): GateResult {
  const name = nameOfIncrease('cost', gate)
  if (metric === undefined || metric.base === null || metric.candidate === null)
    return unverifiable(name, 'no case has a known cost in both experiments')
  const { base, candidate, effect, cases } = metric
  const interval =
    effect === null ? '' : `; typically ${times(effect.value)}, ${times(effect.low)} to ${times(effect.high)}`
  const reason = `$${candidate.toPrecision(3)} per trial, in the baseline $${base.toPrecision(3)} (${countCases(cases ?? 0)}${interval})`
  if (gate !== 'no-regression') return outcome(name, candidate <= base * most(gate) + SLACK * base, reason)
  return judged(name, metric, reason)
}

export const DURATIONS = ['duration', 'p95', 'p99'] as const

function latencyGate({ run, steps }: Pick<Comparison, 'run' | 'steps'>, gate: IncreaseGate): GateResult {
  const whole = run.metrics.duration
  const name = nameOfIncrease('latency', gate)
  if (gate !== 'no-regression')
    return whole.effect === null
      ? unverifiable(name, describeNeed(whole))
      : outcome(name, whole.effect.value <= most(gate) + SLACK, describeRatio(whole))
  const durations = [...steps, run].flatMap(({ step, metrics }) =>
    DURATIONS.map((metric) => ({ step: step === null ? 'the run' : `"${step}"`, ...metrics[metric] })),
  )
  const slower = durations.filter(({ verdict }) => verdict === 'slower')
  if (slower.length > 0) {
    const list = slower.map(
      ({ step, metric, effect }) =>
        `${step} ${times(effect!.value)} (${metric === 'duration' ? 'typical duration' : metric})`,
    )
    return outcome(name, false, `slower: ${list.join(', ')}`)
  }
  const typical = durations.filter(({ metric }) => metric === 'duration')
  const untested = typical.filter(({ p }) => p === null)
  if (untested.length === typical.length) return unverifiable(name, describeNeed(whole))
  const rest =
    untested.length === 0 ? '' : `; too few to tell of ${untested.map(({ step }) => step).join(', ')}`
  return outcome(name, true, `no step is slower${rest}`)
}

function judged(name: string, metric: CaseMetricComparison, reason: string): GateResult {
  if (metric.p === null) return unverifiable(name, describeNeed(metric))
  return outcome(name, metric.verdict !== 'worse', reason)
}

function describeNeed({
  needs,
  cases,
  baseN,
  candidateN,
}: Pick<MetricComparison, 'needs' | 'cases' | 'baseN' | 'candidateN'>): string {
  if (cases !== null) return `it needs ${needs} cases that both experiments have, and there are ${cases}`
  return `it needs ${needs} runs on each side: the baseline has ${baseN}, this experiment ${candidateN}`
}

function describeRatio({ effect, cases }: MetricComparison): string {
  const { value, low, high } = effect!
  return `${times(value)} of the baseline (${cases === null ? '' : `${countCases(cases ?? 0)}, `}95% interval ${times(low)} to ${times(high)})`
}

/** The largest allowed ratio. */
export function most({ maxIncrease }: { readonly maxIncrease: string }): number {
  return 1 + Number.parseFloat(maxIncrease) / 100
}

function nameOfDrop(what: string, gate: DropGate): string {
  return gate === 'no-regression'
    ? `${what} no worse than the baseline`
    : `${what} falls by at most ${gate.maxDrop}`
}

function nameOfIncrease(what: string, gate: IncreaseGate): string {
  return gate === 'no-regression'
    ? `${what} no worse than the baseline`
    : `${what} grows by at most ${gate.maxIncrease}`
}

function outcome(name: string, passed: boolean, reason: string): GateResult {
  return { name, outcome: passed ? 'passed' : 'failed', reason }
}

function unverifiable(name: string, reason: string): GateResult {
  return { name, outcome: 'unverifiable', reason }
}

function round(value: number): string {
  return String(Number(value.toFixed(4)))
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${round(value)}`
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)}x`
}
