import { expect, test } from 'vitest'
import { lognormal, uniform } from '../statistics/testing.ts'
import { judge } from './judge.ts'
import { type Measured, measure } from './measure.ts'
import { statsOf } from './observation.ts'

/** `n` runs of one step; durations in milliseconds. */
function step(next: () => number, n: number, median: number, failureRate: number): Measured {
  const observations = lognormal(next, n, median).map((milliseconds) => ({
    duration: milliseconds * 1e6,
    succeeded: next() >= failureRate,
    key: 0,
  }))
  return { observations, stats: statsOf(observations) }
}

const COMPARISONS = 200

/** Comparisons of six steps of which the first changes: how often that was found, and the mean share of false verdicts. */
function simulate(seed: number, n: number, slower: number, failing: number) {
  const next = uniform(seed)
  let found = 0
  let falseShare = 0
  for (let i = 0; i < COMPARISONS; i++) {
    const [first, ...others] = judge([
      measure(step(next, n, 100, 0.03), step(next, n, 100 * slower, failing)),
      ...Array.from({ length: 5 }, () => measure(step(next, n, 100, 0.03), step(next, n, 100, 0.03))),
    ]).steps
    const right = countVerdicts(first!)
    const wrong = others.reduce((sum, metrics) => sum + countVerdicts(metrics), 0)
    if (right > 0) found++
    falseShare += wrong / Math.max(1, right + wrong)
  }
  return { found: found / COMPARISONS, falseShare: falseShare / COMPARISONS }
}

/** How many metrics got a verdict other than "no clear change". */
function countVerdicts(metrics: ReturnType<typeof judge>['steps'][0]): number {
  return Object.values(metrics).filter(({ q, verdict }) => q !== null && verdict !== 'no clear change').length
}

test('simulation: without a change, a comparison of six steps rarely has any verdict', () => {
  const { found, falseShare } = simulate(61, 300, 1, 0.03)
  expect(found + falseShare).toBeLessThan(0.07)
})

test('simulation: a step 1.5 times slower at n = 300 is found in nearly all comparisons', () => {
  const { found, falseShare } = simulate(62, 300, 1.5, 0.03)
  expect(found).toBeGreaterThan(0.98)
  expect(falseShare).toBeLessThan(0.06)
})

test('simulation: a failure rate that goes from 3 % to 15 % at n = 300 is found in nearly all comparisons', () => {
  const { found, falseShare } = simulate(63, 300, 1, 0.15)
  expect(found).toBeGreaterThan(0.95)
  expect(falseShare).toBeLessThan(0.06)
})
