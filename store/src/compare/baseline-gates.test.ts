import { expect, test } from 'vitest'
import {
  type BaselineGates,
  baselineGates,
  judgeBaselineGates,
  unverifiableBaselineGates,
} from './baseline-gates.ts'
import type { Comparison } from './comparison.ts'
import type { Metric } from './judge.ts'
import { judgeExperiments } from './judge-runs.ts'
import type { TrialValues } from './measure-cases.ts'

/** An experiment on `n` cases; `of` gives a case's values. */
function experiment(
  n: number,
  of: (i: number) => { pass?: number; quality?: number; cost?: number; ms?: number },
) {
  const list = (kind: TrialValues['kind'], name: string, value: (i: number) => number) => ({
    kind,
    name,
    values: Array.from({ length: n }, (_, i) => ({ caseId: String(i), value: value(i) })),
  })
  return {
    observations: Array.from({ length: n }, (_, i) => ({
      key: i + 1,
      succeeded: true,
      duration: (of(i).ms ?? 100) * (i + 1) * 1e6,
    })),
    values: [
      list('pass rate', '', (i) => of(i).pass ?? 1),
      list('score', 'quality', (i) => of(i).quality ?? 1),
      list('cost', '', (i) => of(i).cost ?? 0.01),
    ],
  }
}

function judge(
  gates: BaselineGates,
  candidate: Parameters<typeof experiment>[1],
  n = 20,
  base: Parameters<typeof experiment>[1] = () => ({}),
) {
  const { metrics, caseMetrics } = judgeExperiments(experiment(n, base), experiment(n, candidate))
  const stats = { n, succeeded: n, p50Ns: 1, p95Ns: 1, p99Ns: 1 }
  const run = { step: null, base: stats, candidate: stats, metrics }
  const comparison: Parameters<typeof judgeBaselineGates>[0] = { run, steps: [], caseMetrics, pairing: null }
  return judgeBaselineGates(comparison, gates)
}

test('no regression: what is certain fails, what is not passes, and says how sure it is', () => {
  const gates = { passRate: 'no-regression' } as const
  expect(judge(gates, (i) => ({ pass: i < 8 ? 0 : 1 }))).toEqual([
    {
      name: 'pass rate no worse than the baseline',
      outcome: 'failed',
      reason: expect.stringMatching(
        /^0\.6, in the baseline 1 \(20 cases, 95% interval of the difference -0\.6\d* to -0\.1\d*\)$/,
      ),
    },
  ])
  expect(judge(gates, (i) => ({ pass: i < 3 ? 0 : 1 }))[0]!.outcome).toBe('passed')
})

test('a bound counts what was measured, also with a single case', () => {
  const gates = { scores: { quality: { maxDrop: 0.02 } } }
  expect(judge(gates, () => ({ quality: 0.98 }))[0]!.outcome).toBe('passed')
  expect(judge(gates, () => ({ quality: 0.979 }))[0]).toMatchObject({
    name: 'score quality falls by at most 0.02',
    outcome: 'failed',
  })
  expect(judge(gates, () => ({ quality: 0.5 }), 1)[0]).toMatchObject({
    outcome: 'failed',
    reason: '0.5, in the baseline 1 (1 case)',
  })
  // In floating point, 0.92 - 0.9 is more than 0.02.
  const dropped = judge(
    gates,
    () => ({ quality: 0.9 }),
    20,
    () => ({ quality: 0.92 }),
  )
  expect(dropped[0]!.outcome).toBe('passed')
})

test('cost', () => {
  const bound = { cost: { maxIncrease: '10%' } }
  expect(judge(bound, () => ({ cost: 0.011 }))[0]!.outcome).toBe('passed')
  expect(judge(bound, () => ({ cost: 0.0111 }))[0]).toMatchObject({
    name: 'cost grows by at most 10%',
    outcome: 'failed',
    reason: '$0.0111 per trial, in the baseline $0.0100 (20 cases; typically 1.11x, 1.11x to 1.11x)',
  })
  expect(judge({ cost: 'no-regression' }, () => ({ cost: 0.02 }))[0]!.outcome).toBe('failed')
  expect(judge({ cost: 'no-regression' }, () => ({ cost: 0.0105 }))[0]!.outcome).toBe('passed')
})

test('latency', () => {
  expect(judge({ latency: 'no-regression' }, () => ({ ms: 130 }))[0]).toMatchObject({
    name: 'latency no worse than the baseline',
    outcome: 'failed',
    reason: 'slower: the run 1.30x (typical duration)',
  })
  expect(judge({ latency: 'no-regression' }, () => ({}))[0]!.outcome).toBe('passed')
  expect(judge({ latency: { maxIncrease: '5%' } }, () => ({ ms: 104 }))[0]!.outcome).toBe('passed')
  expect(judge({ latency: { maxIncrease: '5%' } }, () => ({ ms: 106 }))[0]!.outcome).toBe('failed')
})

test('latency of steps: what was tested decides, and the rest is named', () => {
  const metric = (verdict: string, of: Metric = 'duration') => ({
    ...{
      metric: of,
      effect: { value: 1.5, low: 1.2, high: 1.9 },
      verdict,
      cases: null,
      needs: 30,
      baseN: 3,
      candidateN: 4,
    },
    p: verdict.startsWith('needs') ? null : 0.5,
  })
  const step = (name: string | null, verdict: string) => ({
    step: name,
    metrics: {
      duration: metric(verdict),
      p95: metric('needs n >= 200', 'p95'),
      p99: metric('needs n >= 1000', 'p99'),
    },
  })
  const gate = (plan: string, run: string) => {
    const comparison = { steps: [step('plan', plan)], run: step(null, run), caseMetrics: [], pairing: null }
    return judgeBaselineGates(comparison as never, { latency: 'no-regression' })[0]
  }
  expect(gate('no clear change', 'faster')).toMatchObject({ outcome: 'passed', reason: 'no step is slower' })
  expect(gate('needs n >= 30', 'no clear change')).toMatchObject({
    outcome: 'passed',
    reason: 'no step is slower; too few to tell of "plan"',
  })
  expect(gate('slower', 'faster')).toMatchObject({
    outcome: 'failed',
    reason: 'slower: "plan" 1.50x (typical duration)',
  })
  expect(gate('no clear change', 'slower')).toMatchObject({ outcome: 'failed' })
  expect(gate('needs n >= 30', 'needs n >= 30')).toMatchObject({
    outcome: 'unverifiable',
    reason: 'it needs 30 runs on each side: the baseline has 3, this experiment 4',
  })
})

test('gates without a baseline are all unverifiable, by the same names', () => {
  const gates: BaselineGates = {
    passRate: 'no-regression',
    scores: { quality: { maxDrop: 0.1 } },
    latency: { maxIncrease: '10%' },
    cost: 'no-regression',
  }
  const without = unverifiableBaselineGates(gates, 'there is none')
  const judged = judgeBaselineGates(
    {
      run: { metrics: { duration: { effect: null, cases: 0, needs: 6 } } },
      steps: [],
      caseMetrics: [],
      pairing: null,
    } as never,
    gates,
  )
  expect(without.map(({ name }) => name)).toEqual(judged.map(({ name }) => name))
  expect(without.every((gate) => gate.outcome === 'unverifiable' && gate.reason === 'there is none')).toBe(
    true,
  )
})

test('what could not be compared is never a pass', () => {
  const all: BaselineGates = { passRate: 'no-regression', latency: 'no-regression', cost: 'no-regression' }
  for (const gate of judge(all, () => ({}), 5))
    expect(gate).toMatchObject({
      outcome: 'unverifiable',
      reason: 'it needs 6 cases that both experiments have, and there are 5',
    })
  const nothing = { caseMetrics: [] as Comparison['caseMetrics'], steps: [], pairing: null }
  const { metrics } = judgeExperiments(
    experiment(0, () => ({})),
    experiment(0, () => ({})),
  )
  const stats = { n: 0, succeeded: 0, p50Ns: null, p95Ns: null, p99Ns: null }
  const run = { step: null, base: stats, candidate: stats, metrics }
  const bounds: BaselineGates = {
    passRate: { maxDrop: 0.1 },
    scores: { quality: { maxDrop: 0.1 } },
    latency: { maxIncrease: '10%' },
    cost: { maxIncrease: '10%' },
  }
  expect(judgeBaselineGates({ run, ...nothing }, bounds).map(({ outcome }) => outcome)).toEqual(
    Array(4).fill('unverifiable'),
  )
})

test('a gate that cannot be read is refused', () => {
  expect(baselineGates.safeParse({ passRate: 'no-regression', cost: { maxIncrease: '10%' } }).success).toBe(
    true,
  )
  for (const wrong of [
    { cost: { maxIncrease: 0.1 } },
    { cost: { maxIncrease: '10' } },
    { passRate: { maxDrop: 2 } },
    { latency: 'regression' },
    { speed: 'no-regression' },
  ])
    expect(baselineGates.safeParse(wrong).success).toBe(false)
})
