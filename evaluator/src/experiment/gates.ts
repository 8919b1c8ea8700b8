import type { GateOutcome } from '@weir/store/evaluations'
import type { Gates } from '../evaluation/definition.ts'
import type { Totals } from './totals.ts'

/** Judges the conditions on the totals; the latency gate is judged by the store's comparison. */
export function judgeGates(gates: Gates, totals: Totals, latency: GateOutcome | undefined): GateOutcome[] {
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

function passRateGate(atLeast: number, totals: Totals): GateOutcome {
  const name = `pass rate >= ${atLeast}`
  const { passed, evaluated, errors, passRate } = totals
  if (evaluated === 0) return { name, outcome: 'unverifiable', reason: 'nothing was evaluated' }
  if (errors === evaluated && passRate >= atLeast)
    return { name, outcome: 'unverifiable', reason: 'every trial ended in an error' }
  const reason = `${passed} of ${evaluated} passed (${round(passRate)})`
  return { name, outcome: passRate >= atLeast ? 'passed' : 'failed', reason }
}

function scoreGate(
  totals: Totals,
  scorer: string,
  statistic: 'mean' | 'min',
  atLeast: number | undefined,
): GateOutcome | undefined {
  if (atLeast === undefined) return undefined
  const name = `${statistic} of ${scorer} >= ${atLeast}`
  const score = totals.scores.find((candidate) => candidate.name === scorer)
  if (score === undefined) return { name, outcome: 'unverifiable', reason: 'nothing was scored' }
  const value = score[statistic]
  return {
    name,
    outcome: value >= atLeast ? 'passed' : 'failed',
    reason: `it is ${round(value)} of ${score.count}`,
  }
}

function round(value: number): string {
  return String(Number(value.toFixed(4)))
}
