import { expect, test } from 'vitest'
import { lognormal, uniform } from '../statistics/testing.ts'
import { judge } from './judge.ts'
import { type Measured, measure } from './measure.ts'
import { statsOf } from './observation.ts'

/** `n` runs of which `succeeded` did, spread evenly, with these durations in milliseconds. */
function measured(n: number, succeeded: number, milliseconds: readonly number[]): Measured {
  const upTo = (i: number) => Math.floor((i * succeeded) / n)
  const observations = Array.from({ length: n }, (_, i) => ({
    duration: (milliseconds[i] ?? 1) * 1e6,
    succeeded: upTo(i + 1) > upTo(i),
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

/** Durations in milliseconds, with whom each run shares what. */
function keyed(milliseconds: readonly number[], keys: readonly number[]): Measured {
  const observations = milliseconds.map((value, i) => ({
    duration: value * 1e6,
    succeeded: true,
    key: keys[i]!,
  }))
  return { observations, stats: statsOf(observations) }
}

test('a thousand runs of a few users are worth few: no verdict on users who happen to be slow', () => {
  const users = (offset: number, paces: readonly number[]) => {
    const times = lognormal(next, 1000, 100, 0.05)
    return keyed(
      times.map((time, i) => time * paces[i % paces.length]!),
      times.map((_, i) => offset + (i % paces.length)),
    )
  }
  const [base, candidate] = [users(1, [1, 1.5, 0.6, 1.1]), users(11, [1.4, 2, 0.8, 1.6])]
  const { duration } = measure(base, candidate)
  expect(duration.p).toBeNull()
  expect(duration.effective![0]).toBeLessThan(8)
  const [, typical, p95, p99] = verdicts(base, candidate)
  // Where the typical duration cannot be tested, the tails cannot.
  for (const verdict of [typical, p95, p99]) expect(verdict).toMatch(/^needs n >= \d{4}/)
  const alone = ({ observations, stats }: Measured): Measured => ({
    stats,
    observations: observations.map((one) => ({ ...one, key: 0 })),
  })
  // The same runs, were each of another user.
  expect(verdicts(alone(base), alone(candidate))[1]).toBe('slower')
})

test('an outage is one event: the failures that it makes are worth few', () => {
  const during = (from: number, to: number) => {
    const observations = lognormal(next, 600, 100).map((value, i) => ({
      duration: value * 1e6,
      succeeded: i < from || i >= to,
      key: 0,
    }))
    return { observations, stats: statsOf(observations) }
  }
  const { success } = measure(during(0, 0), during(300, 360))
  expect(success.effective![1]).toBeLessThan(30)
  expect(success.p).toBeNull()
})

test('a timeout that cuts the slowest runs off makes the rest neither faster nor, once mended, slower', () => {
  const times = lognormal(next, 1200, 100)
  const limit = times.toSorted((a, b) => a - b)[1080]!
  const all = measured(1200, 1200, times)
  const observations = all.observations.map((one) => ({ ...one, succeeded: one.duration < limit * 1e6 }))
  const cut = { observations, stats: statsOf(observations) }
  expect(verdicts(all, cut)).toEqual(['worse', 'no clear change', 'no clear change', 'no clear change'])
  expect(verdicts(cut, all)).toEqual(['better', 'no clear change', 'no clear change', 'no clear change'])
})

test('what is slower although more of it fails is slower', () => {
  const [base, candidate] = [runs(1200, 100, 1180), runs(1200, 150, 1100)]
  expect(verdicts(base, candidate)).toEqual(['worse', 'slower', 'slower', 'slower'])
})

test('a rate that is 100 % on both sides is no test', () => {
  const alone = measure(runs(100, 100), runs(100, 100))
  const { tests, steps } = judge([alone])
  expect(alone.success.p).toBe(1)
  expect(tests).toBe(1)
  expect(steps[0]!.success).toMatchObject({ q: 1, verdict: 'no clear change' })
})
