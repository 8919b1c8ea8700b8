import { type BaselineGates, type DropGate, DURATIONS, type IncreaseGate, most } from './baseline-gates.ts'
import type { CaseMetricComparison, CaseMetricKind, Comparison } from './comparison.ts'
import { COMPARISON_RULE } from './judge.ts'

/** What a gate says for good; undefined: more trials may change it. */
export type Decision = 'passed' | 'failed' | undefined

/**
 * Whether gates beside a baseline are decided: failed if one is, passed if all are. A gate is decided once an anytime-valid interval
 * lies on one side of what would fail it: `'no-regression'` passes for good where the interval holds no change that a verdict would need.
 * A bound on the cost is never decided, for the interval is not that of the mean.
 * @param comparison its tests must be anytime-valid
 */
export function decideBaselineGates(
  comparison: Pick<Comparison, 'run' | 'steps' | 'caseMetrics'>,
  { passRate, scores = {}, latency, cost }: BaselineGates,
): Decision {
  const find = (kind: CaseMetricKind, name = '') =>
    comparison.caseMetrics.find((metric) => metric.kind === kind && metric.name === name)
  const decisions = [
    ...(passRate === undefined ? [] : [decideDrop(find('pass rate'), passRate)]),
    ...Object.entries(scores).map(([name, gate]) => decideDrop(find('score', name), gate)),
    ...(latency === undefined ? [] : [decideLatency(comparison, latency)]),
    ...(cost === undefined ? [] : [decideCost(find('cost'), cost)]),
  ]
  if (decisions.includes('failed')) return 'failed'
  return decisions.every((decision) => decision === 'passed') ? 'passed' : undefined
}

function decideDrop(metric: CaseMetricComparison | undefined, gate: DropGate): Decision {
  if (metric === undefined || metric.effect === null) return undefined
  const { effect, verdict } = metric
  const bound = gate === 'no-regression' ? COMPARISON_RULE.rate : gate.maxDrop
  if (effect.low > -bound) return 'passed'
  if (gate === 'no-regression') return verdict === 'worse' ? 'failed' : undefined
  return effect.high < -bound ? 'failed' : undefined
}

function decideCost(metric: CaseMetricComparison | undefined, gate: IncreaseGate): Decision {
  if (metric === undefined || metric.effect === null || gate !== 'no-regression') return undefined
  if (metric.verdict === 'worse') return 'failed'
  return metric.effect.high < COMPARISON_RULE.ratio ? 'passed' : undefined
}

function decideLatency({ run, steps }: Pick<Comparison, 'run' | 'steps'>, gate: IncreaseGate): Decision {
  if (gate !== 'no-regression') {
    const { effect } = run.metrics.duration
    if (effect === null) return undefined
    if (effect.low > most(gate)) return 'failed'
    return effect.high < most(gate) ? 'passed' : undefined
  }
  const all = [...steps, run].flatMap(({ metrics }) => DURATIONS.map((metric) => metrics[metric]))
  if (all.some(({ verdict }) => verdict === 'slower')) return 'failed'
  const isRuledOut = all.every(({ effect }) => effect !== null && effect.high < COMPARISON_RULE.ratio)
  return isRuledOut ? 'passed' : undefined
}
