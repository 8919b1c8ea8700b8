import { expect, test } from 'vitest'
import { normalCdf, normalQuantile, normalTwoSided } from './normal.ts'
import { REFERENCE } from './reference-values.ts'

test.each(REFERENCE.normal)('the normal distribution at $z', ({ z, cdf }) => {
  expect(Math.abs(normalCdf(z) / cdf - 1)).toBeLessThan(1e-12)
})

test.each(REFERENCE.normalQuantile)('the normal quantile of $p', ({ p, z }) => {
  expect(normalQuantile(p)).toBeCloseTo(z, 12)
})

test('both tails together', () => {
  expect(normalTwoSided(-1.96)).toBeCloseTo(2 * normalCdf(-1.96), 14)
  expect(normalTwoSided(0)).toBe(1)
})

test('a probability outside 0..1 is refused', () => {
  expect(() => normalQuantile(1.2)).toThrow('expected a probability 0..1, got 1.2')
})
