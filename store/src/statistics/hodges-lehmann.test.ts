import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hodgesLehmannRatio } from './hodges-lehmann.ts'
import { REFERENCE } from './reference-values.ts'
import { lognormal, uniform } from './testing.ts'

test.each(REFERENCE.hodgesLehmann.map((expected, i) => ({ expected, ...REFERENCE.mannWhitney[i]! })))(
  'as the sorted list of all pairwise ratios: $expected.ratio',
  ({ first, second, expected }) => {
    const result = hodgesLehmannRatio(first, second)
    expect(result.ratio).toBeCloseTo(expected.ratio, 9)
    expect(result.low).toBeCloseTo(expected.low, 9)
    expect(result.high).toBeCloseTo(expected.high, 9)
  },
)

test('equal constant samples: exactly 1', () => {
  expect(hodgesLehmannRatio(Array(30).fill(5), Array(40).fill(5))).toEqual({ ratio: 1, low: 1, high: 1 })
})

test('values that have no logarithm are refused', () => {
  expect(() => hodgesLehmannRatio([1, 0], [1, 2])).toThrow('expected positive finite values')
})

const sample = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 5, maxLength: 40 })

test('property: the unit cancels, a factor on one side multiplies the ratio, swapping inverts it', async () => {
  await fc.assert(
    fc.property(sample, sample, fc.integer({ min: 2, max: 1000 }), (x, y, factor) => {
      const { ratio, low, high } = hodgesLehmannRatio(x, y)
      const scale = (values: number[]) => values.map((value) => value * factor)
      expect(low).toBeLessThanOrEqual(ratio * (1 + 1e-9))
      expect(high).toBeGreaterThanOrEqual(ratio * (1 - 1e-9))
      expect(hodgesLehmannRatio(scale(x), scale(y)).ratio / ratio).toBeCloseTo(1, 8)
      expect(hodgesLehmannRatio(x, scale(y)).ratio / ratio / factor).toBeCloseTo(1, 8)
      const back = hodgesLehmannRatio(y, x)
      expect(back.ratio * ratio).toBeCloseTo(1, 8)
      expect(back.low * high).toBeCloseTo(1, 8)
    }),
  )
})

test('simulation: the interval holds the true ratio in about 95 % of the cases', () => {
  const next = uniform(21)
  let held = 0
  for (let i = 0; i < 1000; i++) {
    const { low, high } = hodgesLehmannRatio(lognormal(next, 50, 100), lognormal(next, 70, 130))
    if (low <= 1.3 && 1.3 <= high) held++
  }
  expect(held / 1000).toBeGreaterThan(0.93)
  expect(held / 1000).toBeLessThan(0.97)
})
