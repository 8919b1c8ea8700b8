import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantileInterval, quantileRatio } from './quantile-ratio.ts'
import { REFERENCE } from './reference-values.ts'
import { lognormal, uniform } from './testing.ts'

test.each(REFERENCE.quantileInterval)('the interval of quantile $level as scipy', ({ level, low, high }) => {
  expect(quantileInterval(REFERENCE.quantileSample, level)).toMatchObject({ low, high })
})

test('a sample without enough values beyond the quantile has no interval', () => {
  expect(quantileInterval([1, 2, 3, 4, 5], 0.95)).toBeNull()
  expect(quantileRatio([1, 2, 3, 4, 5], lognormal(uniform(1), 300), 0.95)).toBeNull()
})

test('constant samples: p is 1 when equal, 0 when not', () => {
  expect(quantileRatio(Array(200).fill(3), Array(200).fill(3), 0.95)).toEqual({
    ratio: 1,
    low: 1,
    high: 1,
    p: 1,
  })
  expect(quantileRatio(Array(200).fill(3), Array(200).fill(4), 0.95)).toMatchObject({ p: 0 })
})

test('property: the unit cancels and swapping inverts', async () => {
  const sample = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 200, maxLength: 260 })
  await fc.assert(
    fc.property(sample, sample, fc.integer({ min: 2, max: 1000 }), (x, y, factor) => {
      const forth = quantileRatio(x, y, 0.95)!
      const back = quantileRatio(y, x, 0.95)!
      const scale = (values: number[]) => values.map((value) => value * factor)
      expect(back.ratio * forth.ratio).toBeCloseTo(1, 8)
      expect(back.p).toBeCloseTo(forth.p, 8)
      expect(quantileRatio(scale(x), scale(y), 0.95)!.p).toBeCloseTo(forth.p, 6)
    }),
    { numRuns: 50 },
  )
})

test.each([
  { level: 0.95, n: 200, sigma: 0.5 },
  { level: 0.95, n: 200, sigma: 1.5 },
  { level: 0.99, n: 1000, sigma: 0.5 },
])('simulation: false positives of quantile $level at its minimum n = $n', ({ level, n, sigma }) => {
  const next = uniform(31)
  const times = 1000
  let different = 0
  for (let i = 0; i < times; i++) {
    const [x, y] = [lognormal(next, n, 100, sigma), lognormal(next, n, 100, sigma)]
    if (quantileRatio(x, y, level)!.p < 0.05) different++
  }
  expect(different / times).toBeGreaterThan(0.02)
  expect(different / times).toBeLessThan(0.07)
})

test('simulation: a p95 twice as long at n = 300 is nearly always found', () => {
  const next = uniform(32)
  let found = 0
  for (let i = 0; i < 200; i++)
    if (quantileRatio(lognormal(next, 300), lognormal(next, 300, 200), 0.95)!.p < 0.05) found++
  expect(found).toBeGreaterThanOrEqual(190)
})
