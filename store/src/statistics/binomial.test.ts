import { expect, test } from 'vitest'
import { binomialCdf, logChoose, logGamma } from './binomial.ts'
import { REFERENCE } from './reference-values.ts'

test.each(REFERENCE.logGamma)('log gamma of $x', ({ x, value }) => {
  expect(Math.abs(logGamma(x) - value)).toBeLessThan(1e-12 * Math.max(1, Math.abs(value)))
})

test.each(REFERENCE.binomial)('P(X <= $k), n = $n, p = $p', ({ k, n, p, cdf }) => {
  expect(Math.abs(binomialCdf(k, n, p) / cdf - 1)).toBeLessThan(1e-9)
})

test('10 over 3', () => {
  expect(Math.exp(logChoose(10, 3))).toBeCloseTo(120, 10)
})
