import type { Store } from '@weir/store'
import {
  CompareError,
  type Comparison,
  compare,
  type Metric,
  type MetricComparison,
} from '@weir/store/compare'
import type { GateResult } from '@weir/store/evaluations'
import type { Gates } from '../evaluation/definition.ts'
import type { Plan } from './plan.ts'
import type { ReportTotals } from './report.ts'

/** Judges the conditions on the totals. The store's comparison judges the latency gate. */
export function judgeGates(
  gates: Gates,
  totals: ReportTotals,
  latency: GateResult | undefined,
): GateResult[] {
  const scores = Object.entries(gates.scores ?? {}).flatMap(([name, gate]) => {
    const { mean, min } = typeof gate === 'number' ? { mean: gate } : gate
    return [scoreGate(totals, name, 'mean', mean), scoreGate(totals, name, 'min', min)]
  })
  return [
    passRateGate(gates.passRate ?? 1, totals),
    ...scores.filter((gate) => gate !== undefined),
    ...(latency === undefined ? [] : [latency]),
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

function round(value: number): string {
  return String(Number(value.toFixed(4)))
}

const LATENCY_GATE = 'no step slower than the baseline'
const LATENCY_METRICS: readonly Metric[] = ['duration', 'p95', 'p99']

/** Judges `latency: { steps: 'no-regression' }`; undefined if the evaluation has no such gate. */
export async function judgeLatency(plan: Plan, store: Store | undefined): Promise<GateResult | undefined> {
  if (plan.outline.gates.latency === undefined) return undefined
  if (store === undefined) return unverifiable('a baseline is stored in Weir: run without --local')
  if (plan.baselineExperimentId === undefined) return unverifiable(missingBaseline(plan))
  try {
    const comparison = await compare(store, {
      flow: plan.variant.flow,
      base: { kind: 'experiment', experimentId: plan.baselineExperimentId },
      candidate: { kind: 'experiment', experimentId: plan.experimentId },
    })
    return toGate(comparison)
  } catch (error) {
    if (error instanceof CompareError) return unverifiable(error.message)
    throw error
  }
}

function missingBaseline({ baseline, experimentId }: Plan): string {
  const name = baseline ?? 'main'
  const what =
    baseline === undefined ? 'the evaluation names no baseline' : `there is no baseline "${name}" yet`
  return `${what}: promote one with \`weir baseline promote ${experimentId} --name ${name}\``
}

/** Fails if a step or the whole run is slower. A comparison that tested no duration says nothing. */
export function toGate(comparison: Pick<Comparison, 'run' | 'steps' | 'base' | 'candidate'>): GateResult {
  const durations = [...comparison.steps, comparison.run].flatMap(({ step, metrics }) =>
    LATENCY_METRICS.map((metric) => ({ step: step === null ? 'the run' : `"${step}"`, ...metrics[metric] })),
  )
  const slower = durations.filter(({ verdict }) => verdict === 'slower')
  if (slower.length > 0) {
    const list = slower.map(({ step, metric, effect }) => {
      const ratio = effect === null ? '' : ` ${effect.value.toFixed(2)}x`
      return `${step}${ratio} (${metric === 'duration' ? 'typical duration' : metric})`
    })
    return { name: LATENCY_GATE, outcome: 'failed', reason: `slower: ${list.join(', ')}` }
  }
  const tested = durations.filter(({ verdict }) => !verdict.startsWith('needs'))
  if (tested.length > 0)
    return { name: LATENCY_GATE, outcome: 'passed', reason: `no step is slower${untestedText(durations)}` }
  const needed = durations.find(({ metric }) => metric === 'duration')?.verdict ?? 'nothing to compare'
  const { base, candidate } = comparison
  return unverifiable(
    `${needed} runs on each side: the baseline has ${base.runs}, this experiment ${candidate.runs}; raise trials`,
  )
}

/** A rare step can have too few runs while the others have enough. */
function untestedText(
  durations: readonly (Pick<MetricComparison, 'metric' | 'verdict'> & { step: string })[],
) {
  const untested = durations.filter(
    ({ metric, verdict }) => metric === 'duration' && verdict.startsWith('needs'),
  )
  if (untested.length === 0) return ''
  return `; too few runs to tell of ${untested.map(({ step }) => step).join(', ')}`
}

function unverifiable(reason: string): GateResult {
  return { name: LATENCY_GATE, outcome: 'unverifiable', reason }
}
