import { expect, test } from 'vitest'
import { uniform } from '../statistics/testing.ts'
import { judgeExperiments } from './judge-runs.ts'
import { measureCases, type TrialValues } from './measure-cases.ts'
import type { Observation } from './observation.ts'
import { pairByCase } from './pair-cases.ts'

const NONE = { observations: [], values: [] }

function values(kind: TrialValues['kind'], byCase: Readonly<Record<string, readonly number[]>>): TrialValues {
  const trials = Object.entries(byCase).flatMap(([caseId, some]) => some.map((value) => ({ caseId, value })))
  return { kind, name: '', values: trials }
}

const forCases = (n: number, value: (i: number) => readonly number[]) =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`case-${i}`, value(i)]))

const passRate = (n: number, passed: number) =>
  values(
    'pass rate',
    forCases(n, (i) => [i < passed ? 1 : 0]),
  )

function judgeOne(base: TrialValues, candidate: TrialValues) {
  return judgeExperiments({ ...NONE, values: [base] }, { ...NONE, values: [candidate] }).caseMetrics[0]!
}

test('the same cases: those that changed decide', () => {
  const one = judgeOne(passRate(20, 20), passRate(20, 12))
  expect(one).toMatchObject({ cases: 20, base: 1, candidate: 0.6, verdict: 'worse' })
  expect(one.p).toBeCloseTo(2 / 2 ** 8, 12)
  expect(one.effect!.value).toBeCloseTo(-0.4, 12)
  expect(one.effect!.high).toBeLessThan(0)
  expect(one.candidateInterval!.low).toBeCloseTo(0.3866, 3)
  expect(judgeOne(passRate(20, 12), passRate(20, 20)).verdict).toBe('better')
})

test('five changed cases are never enough, nor are five cases', () => {
  const one = judgeOne(passRate(20, 20), passRate(20, 15))
  expect(one.p).toBeCloseTo(0.0625, 12)
  expect(one.verdict).toBe('no clear change')
  expect(judgeOne(passRate(5, 5), passRate(5, 0))).toMatchObject({
    verdict: 'needs n >= 6',
    p: null,
    candidate: 0,
  })
})

test('the interval of a difference contains 0 exactly if the test does not exclude it', () => {
  const next = uniform(82)
  const draw = (chance: number, large: number) =>
    next() < chance ? Math.round(large * next() * 1e4) / 1e4 : 0
  let verdicts = 0
  for (let i = 0; i < 3_000; i++) {
    const n = 6 + Math.floor(next() * 30)
    const [chance, large] = [next(), next() ** 2]
    const base = values(
      'score',
      forCases(n, () => [0.5 + draw(chance, 0.5)]),
    )
    const candidate = values(
      'score',
      forCases(n, () => [0.5 - draw(0.3, large * 0.5)]),
    )
    const { verdict, effect, p } = judgeOne(base, candidate)
    const { value, low, high } = effect!
    if (verdict !== 'no clear change') verdicts++
    expect(low <= 0 && high >= 0).toBe(p! >= 0.05)
    expect(low <= value && value <= high).toBe(true)
  }
  expect(verdicts).toBeGreaterThan(1_000)
})

test('cases that only one side has do not count', () => {
  const more = values('pass rate', {
    ...forCases(20, () => [1]),
    ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`new-${i}`, [0]])),
  })
  expect(judgeOne(passRate(20, 20), more)).toMatchObject({
    cases: 20,
    candidate: 1,
    verdict: 'no clear change',
  })
})

test('of a case that has more trials on one side, as many count as on the other', () => {
  const trials = [
    { id: 'a', trial: 0 },
    { id: 'b', trial: 0 },
    { id: 'a', trial: 1 },
  ]
  const pairs = pairByCase(
    trials,
    [
      { id: 'a', trial: 0 },
      { id: 'c', trial: 0 },
    ],
    ({ id }) => id,
  )
  expect(pairs).toEqual([{ base: [{ id: 'a', trial: 0 }], candidate: [{ id: 'a', trial: 0 }] }])
})

test('simulation: with one trial against five, equal experiments are rarely called different', () => {
  const next = uniform(81)
  let verdicts = 0
  for (let i = 0; i < 400; i++) {
    const trials = (n: number) =>
      values(
        'pass rate',
        forCases(40, () => Array.from({ length: n }, () => (next() < 0.9 ? 1 : 0))),
      )
    if (judgeOne(trials(1), trials(5)).verdict !== 'no clear change') verdicts++
  }
  expect(verdicts / 400).toBeLessThan(0.08)
})

test('a score that drops a little in every case is worse; by less than a point it is not', () => {
  const score = (drop: number) =>
    values(
      'score',
      forCases(12, (i) => [0.9 - i / 100 - drop]),
    )
  expect(judgeOne(score(0), score(0.05))).toMatchObject({ verdict: 'worse', cases: 12 })
  expect(judgeOne(score(0), score(0.005))).toMatchObject({ verdict: 'no clear change' })
  expect(judgeOne(score(0.05), score(0)).verdict).toBe('better')
})

test('differences of decimal fractions tie as they should', () => {
  // In floating point, 0.3 - 0.2 and 0.9 - 0.8 are not the same.
  const [low, high] = [
    [0.2, 0.8, 0.2, 0.8, 0.1, 0.7],
    [0.3, 0.9, 0.3, 0.9, 0, 0.6],
  ] as const
  const score = (some: readonly number[]) =>
    values(
      'score',
      forCases(6, (i) => [some[i]!]),
    )
  expect(judgeOne(score(low), score(high)).p).toBeCloseTo(44 / 64, 12)
})

test('cost is a ratio; a case that costs nothing on one side alone has none', () => {
  const cost = (factor: number) =>
    values(
      'cost',
      forCases(20, (i) => [0.01 * (1 + i) * factor]),
    )
  const one = judgeOne(cost(1), cost(1.2))
  expect(one).toMatchObject({ verdict: 'worse', cases: 20, baseInterval: null })
  expect(one.effect!.value).toBeCloseTo(1.2, 8)
  expect(judgeOne(cost(1), cost(1.05)).verdict).toBe('no clear change')
  const free = values(
    'cost',
    forCases(20, (i) => [i < 3 ? 0 : 1]),
  )
  expect(judgeOne(cost(1), free).cases).toBe(17)
  expect(judgeOne(free, free)).toMatchObject({ cases: 20, p: 1 })
})

test('a metric that one side lacks is not compared', () => {
  expect(measureCases([passRate(6, 6)], [values('score', { a: [1] })])).toEqual([])
})

function timed(n: number, trials: number, nanoseconds: (i: number, trial: number) => number): Observation[] {
  return Array.from({ length: trials }, (_, trial) =>
    Array.from({ length: n }, (_, i) => ({
      key: i + 1,
      duration: nanoseconds(i, trial),
      succeeded: true,
    })),
  ).flat()
}

const judgeTimes = (base: Observation[], candidate: Observation[]) =>
  judgeExperiments({ ...NONE, observations: base }, { ...NONE, observations: candidate }).metrics

test('cases that differ by factors, all 20 % slower: the pairing shows it', () => {
  const times = (factor: number) => timed(40, 1, (i) => 1e8 * 1.2 ** i * factor)
  const { duration, success } = judgeTimes(times(1), times(1.2))
  expect(duration).toMatchObject({ verdict: 'slower', cases: 40, needs: 6 })
  expect(duration.effect!.value).toBeCloseTo(1.2, 8)
  expect(success).toMatchObject({ verdict: 'no clear change', cases: 40, p: 1, q: 1 })
})

test('trials are averaged within their case: ten times as many of them make nothing more certain', () => {
  const times = (factor: number) => timed(5, 10, (i) => 1e8 * 1.2 ** i * factor)
  expect(judgeTimes(times(1), times(2)).duration).toMatchObject({ verdict: 'needs n >= 6', cases: 5 })
})

test('a case without a success on one side has no ratio', () => {
  const base = timed(10, 1, () => 1e8)
  const candidate = base.map((one) => (one.key <= 2 ? { ...one, succeeded: false } : one))
  const { duration, success } = judgeTimes(base, candidate)
  expect(duration.cases).toBe(8)
  expect(success).toMatchObject({ cases: 10, base: 1, candidate: 0.8 })
})
