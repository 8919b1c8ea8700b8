import { expect, test } from 'vitest'
import { lognormal, uniform } from '../statistics/testing.ts'
import { judge } from './judge.ts'
import { type Measured, measure } from './measure.ts'
import { statsOf } from './observation.ts'

/** `n` runs of which `succeeded` did, with these durations in milliseconds. */
function measured(n: number, succeeded: number, milliseconds: readonly number[]): Measured {
  const observations = Array.from({ length: n }, (_, i) => ({
    duration: (milliseconds[i] ?? 1) * 1e6,
    succeeded: i < succeeded,
    key: 0,
  }))
  return { observations, stats: statsOf(observations) }
}

const judged = (...steps: Parameters<typeof judge>[0]) => judge(steps).steps

function verdicts(base: Measured, candidate: Measured) {
  const { success, duration, p95, p99 } = judged(measure(base, candidate))[0]!
  return [success, duration, p95, p99].map(({ verdict }) => verdict)
}

const next = uniform(7)
const runs = (n: number, median: number, succeeded = n) => measured(n, succeeded, lognormal(next, n, median))

test('equal sides', () => {
  expect(verdicts(runs(1200, 100), runs(1200, 100))).toEqual(Array(4).fill('no clear change'))
})

test('1.5 times slower, and faster the other way round', () => {
  const [base, candidate] = [runs(1200, 100), runs(1200, 150)]
  expect(verdicts(base, candidate)).toEqual(['no clear change', 'slower', 'slower', 'slower'])
  expect(verdicts(candidate, base)).toEqual(['no clear change', 'faster', 'faster', 'faster'])
})

test('worse and better', () => {
  const [base, candidate] = [runs(300, 100, 297), runs(300, 100, 270)]
  expect(verdicts(base, candidate)[0]).toBe('worse')
  expect(verdicts(candidate, base)[0]).toBe('better')
})

test('too few runs: what is needed, per metric', () => {
  expect(verdicts(runs(29, 100), runs(500, 300))).toEqual([
    'needs n >= 30',
    'needs n >= 30',
    'needs n >= 200',
    'needs n >= 1000',
  ])
  expect(verdicts(runs(250, 100), runs(250, 300)).slice(1)).toEqual(['slower', 'slower', 'needs n >= 1000'])
})

test('durations need successes, the rate needs runs', () => {
  const [success, duration] = verdicts(runs(100, 100, 100), runs(100, 100, 10))
  expect([success, duration]).toEqual(['worse', 'needs n >= 30'])
})

test('sure but small: below the factor of 1.10', () => {
  const tight = (median: number) => measured(400, 400, lognormal(next, 400, median, 0.05))
  const [one] = judged(measure(tight(100), tight(107)))
  expect(one!.duration.q).toBeLessThan(0.001)
  expect(one!.duration.verdict).toBe('no clear change')
})

test('sure and large in ratio, but below the floor of one millisecond', () => {
  const [one] = judged(measure(runs(400, 0.5), runs(400, 1)))
  expect(one!.duration.q).toBeLessThan(0.001)
  expect(one!.duration.verdict).toBe('no clear change')
})

test('a failure rate that doubles below one percentage point is no verdict', () => {
  const [base, candidate] = [runs(20_000, 100, 19_940), runs(20_000, 100, 19_860)]
  const [one] = judged(measure(base, candidate))
  expect(one!.success.q).toBeLessThan(0.001)
  expect(one!.success.verdict).toBe('no clear change')
})

test('q counts every test of every step: a lone p of 0.02 among 20 equal steps is no verdict', () => {
  const alone = measure(runs(100, 100, 100), runs(100, 100, 94))
  expect(alone.success.p).toBeLessThan(0.02)
  expect(judged(alone)[0]!.success.verdict).toBe('worse')
  const equal = Array.from({ length: 20 }, () => measure(runs(100, 100), runs(100, 100)))
  const [first] = judged(alone, ...equal)
  expect(first!.success.q).toBeGreaterThan(0.05)
  expect(first!.success.verdict).toBe('no clear change')
})

test('durations of 0 ns are compared as 1 ns', () => {
  const zero = measured(50, 50, Array(50).fill(0))
  expect(verdicts(zero, runs(50, 100))[1]).toBe('no clear change')
  expect(verdicts(zero, zero)[1]).toBe('no clear change')
})
