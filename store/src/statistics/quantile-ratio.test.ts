import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { proportionTest } from './newcombe.ts'
import { beyondQuantile, quantileInterval, quantileRatio } from './quantile-ratio.ts'
import { REFERENCE } from './reference-values.ts'
import { lognormal, uniform } from './testing.ts'

test.each(REFERENCE.quantileInterval)('the interval of quantile $level as scipy', ({ level, low, high }) => {
  expect(quantileInterval(REFERENCE.quantileSample, level)).toMatchObject({ low, high })
})

test('a sample without enough values beyond the quantile has no interval', () => {
  expect(quantileInterval([1, 2, 3, 4, 5], 0.95)).toBeNull()
  expect(quantileRatio([1, 2, 3, 4, 5], lognormal(uniform(1), 300), 0.95)).toBeNull()
})

/** Mood's test at a quantile. */
function testOf(first: readonly number[], second: readonly number[], level: number): number {
  const isBeyond = beyondQuantile(first, second, level)
  const count = (values: readonly number[]) => values.filter(isBeyond).length
  return proportionTest(count(first), first.length, count(second), second.length).p
}

test('constant samples: p is 1 when equal, next to 0 when not', () => {
  const [three, four] = [Array(200).fill(3), Array(200).fill(4)]
  expect(quantileRatio(three, three, 0.95)).toEqual({ ratio: 1, low: 1, high: 1 })
  expect(testOf(three, three, 0.95)).toBe(1)
  expect(testOf(three, four, 0.95)).toBeLessThan(1e-50)
})

test('p compares the shares beyond the pooled quantile: here the 20 values from 201, all of the second sample', () => {
  const first = Array.from({ length: 200 }, (_, i) => i + 1)
  const second = first.map((value) => value + 20)
  expect(testOf(first, second, 0.95)).toBe(proportionTest(0, 200, 20, 200).p)
})

test('property: the unit cancels and swapping inverts', async () => {
  const sample = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 200, maxLength: 260 })
  await fc.assert(
    fc.property(sample, sample, fc.integer({ min: 2, max: 1000 }), (x, y, factor) => {
      const forth = quantileRatio(x, y, 0.95)!
      const back = quantileRatio(y, x, 0.95)!
      const scale = (values: number[]) => values.map((value) => value * factor)
      expect(back.ratio * forth.ratio).toBeCloseTo(1, 8)
      const p = testOf(x, y, 0.95)
      expect(testOf(y, x, 0.95)).toBeCloseTo(p, 8)
      expect(testOf(scale(x), scale(y), 0.95)).toBeCloseTo(p, 6)
    }),
    { numRuns: 50 },
  )
})

type Shape = (next: () => number, n: number) => number[]
const SHAPES: Readonly<Record<string, Shape>> = {
  lognormal: (next, n) => lognormal(next, n),
  'heavy-tailed': (next, n) => Array.from({ length: n }, () => next() ** (-1 / 1.2)),
  rounded: (next, n) => lognormal(next, n, 12, 0.3).map(Math.round),
  'two modes that meet at p95': (next, n) =>
    lognormal(next, n, 10, 0.2).map((v) => (next() < 0.05 ? v * 20 : v)),
}

test.each(
  Object.keys(SHAPES).flatMap((shape) => [
    { shape, level: 0.95, n: 200 },
    { shape, level: 0.95, n: 1500 },
    { shape, level: 0.99, n: 1000 },
  ]),
)('simulation: false positives of quantile $level at n = $n, $shape', ({ shape, level, n }) => {
  const next = uniform(31)
  const times = 250
  let different = 0
  let missed = 0
  for (let i = 0; i < times; i++) {
    const [x, y] = [SHAPES[shape]!(next, n), SHAPES[shape]!(next, n)]
    const { low, high } = quantileRatio(x, y, level)!
    if (testOf(x, y, level) < 0.05) different++
    if (low > 1 || high < 1) missed++
  }
  const atMost = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / times)
  expect(different / times).toBeLessThan(atMost)
  expect(missed / times).toBeLessThan(atMost)
})

test('simulation: a p95 twice as long at n = 300 is nearly always found', () => {
  const next = uniform(32)
  let found = 0
  for (let i = 0; i < 200; i++)
    if (testOf(lognormal(next, 300), lognormal(next, 300, 200), 0.95) < 0.05) found++
  expect(found).toBeGreaterThanOrEqual(190)
})
