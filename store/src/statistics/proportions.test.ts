import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fisherExact } from './fisher-exact.ts'
import { proportionDifference, proportionTest, wilsonInterval } from './newcombe.ts'
import { REFERENCE } from './reference-values.ts'
import { uniform } from './testing.ts'

test.each(REFERENCE.wilson)("Wilson's interval of $k of $n", ({ k, n, interval }) => {
  const { low, high } = wilsonInterval(k, n)
  expect(low).toBeCloseTo(interval[0], 12)
  expect(high).toBeCloseTo(interval[1], 12)
})

test.each(REFERENCE.newcombe)('$k1 of $n1 against $k2 of $n2', ({ k1, n1, k2, n2, ...expected }) => {
  const result = proportionDifference(k1, n1, k2, n2)
  expect(result.low).toBeCloseTo(expected.low, 12)
  expect(result.high).toBeCloseTo(expected.high, 12)
  expect(fisherExact(k1, n1, k2, n2)).toBeCloseTo(expected.fisher, 10)
  const { p, method } = proportionTest(k1, n1, k2, n2)
  expect(p).toBeCloseTo(method === 'score' ? expected.score : expected.fisher, 10)
})

test('an interval that must always cover is all there is', () => {
  expect(wilsonInterval(3, 10, 1)).toEqual({ low: 0, high: 1 })
  expect(proportionDifference(3, 10, 10, 10, 1)).toMatchObject({ low: expect.closeTo(-0.5207, 4), high: 1 })
})

test('published: Newcombe 1998, table II, method 10: 56/70 - 48/80 and 9/10 - 3/10', () => {
  const first = proportionDifference(48, 80, 56, 70)
  expect([first.low, first.high].map((end) => end.toFixed(4))).toEqual(['0.0524', '0.3339'])
  const second = proportionDifference(3, 10, 9, 10)
  expect([second.low, second.high].map((end) => end.toFixed(4))).toEqual(['0.1705', '0.8090'])
})

test("small expected counts take Fisher's exact test", () => {
  expect(proportionTest(300, 300, 299, 300).method).toBe('fisher')
  expect(proportionTest(300, 300, 290, 300).method).toBe('score')
})

test('property: swapping the sides mirrors the interval, and so does counting failures', async () => {
  const side = fc
    .integer({ min: 1, max: 300 })
    .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)))
  await fc.assert(
    fc.property(side, side, ([k1, n1], [k2, n2]) => {
      const forth = proportionDifference(k1, n1, k2, n2)
      for (const other of [[k2, n2, k1, n1] as const, [n1 - k1, n1, n2 - k2, n2] as const]) {
        expect(proportionDifference(...other).low).toBeCloseTo(-forth.high, 10)
        expect(proportionTest(...other).p).toBeCloseTo(proportionTest(k1, n1, k2, n2).p, 8)
      }
      expect(forth.low).toBeGreaterThanOrEqual(-1 - 1e-12)
      expect(forth.high).toBeLessThanOrEqual(1 + 1e-12)
    }),
  )
})

test('simulation: equal rates are called different in about 5 % of the cases, and rarely when small', () => {
  const next = uniform(41)
  const passed = (n: number, rate: number) => Array.from({ length: n }, next).filter((u) => u < rate).length
  const share = (n: number, rate: number) => {
    let different = 0
    for (let i = 0; i < 1500; i++)
      if (proportionTest(passed(n, rate), n, passed(n, rate), n).p < 0.05) different++
    return different / 1500
  }
  expect(share(200, 0.8)).toBeGreaterThan(0.03)
  expect(share(200, 0.8)).toBeLessThan(0.07)
  expect(share(30, 0.97)).toBeLessThan(0.06)
})
