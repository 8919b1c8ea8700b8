import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hodgesLehmannRatio } from './hodges-lehmann.ts'
import { mannWhitney } from './mann-whitney.ts'
import { adjustedRates, mantelHaenszelTest } from './mantel-haenszel.ts'
import { proportionDifference, proportionTest } from './newcombe.ts'
import { lognormal, uniform } from './testing.ts'
import { type Stratum, vanElteren, vanElterenRatio } from './van-elteren.ts'

const STRATA: readonly Stratum[] = [
  {
    first: [100.1, 116.1, 87.2, 64.1, 79.7, 60.9],
    second: [134.0, 254.1, 101.6, 95.3, 166.1, 155.4, 137.0, 81.6, 128.1],
  },
  {
    first: [1415.7, 510.6, 795.5, 386.5, 524.8, 398.2, 889.1, 530.6, 1145.3, 1081.5, 910.8, 284.1],
    second: [916.7, 1171.2, 1269.9, 558.4, 945.0],
  },
  { first: [12.3, 13.3, 34.0], second: [13.4, 19.7, 31.1, 14.9] },
  { first: [30, 30, 40, 50], second: [30, 40, 50, 60, 60] },
]

// By Python 3.11 with scipy 1.17.1: rankdata within strata, and the variance of the ranks at hand; all pairs' ratios, sorted.
test("van Elteren's test as by its definition, with ties", () => {
  const { balance, p } = vanElteren(STRATA)
  expect(balance).toBeCloseTo(2.951388888888889, 12)
  expect(p).toBeCloseTo(0.0012892259173162579, 12)
  const { ratio, low, high } = vanElterenRatio(STRATA)
  expect(ratio).toBeCloseTo(1.3686313686313687, 8)
  expect(low).toBeCloseTo(1.103359173126615, 8)
  expect(high).toBeCloseTo(1.7189460476787954, 8)
})

// By statsmodels 0.15.0, StratifiedTable.test_null_odds; corrected where it is sparse.
test('the Cochran-Mantel-Haenszel test as by statsmodels', () => {
  const tables = [
    { k1: 90, n1: 100, k2: 70, n2: 80 },
    { k1: 30, n1: 60, k2: 90, n2: 200 },
    { k1: 5, n1: 10, k2: 9, n2: 12 },
  ]
  expect(mantelHaenszelTest(tables)).toBeCloseTo(0.6207318510930925, 12)
  expect(adjustedRates(tables).difference).toBeCloseTo(-0.021396214204821237, 12)
  const sparse = [
    { k1: 3, n1: 4, k2: 1, n2: 4 },
    { k1: 5, n1: 5, k2: 3, n2: 5 },
    { k1: 2, n1: 3, k2: 1, n2: 2 },
  ]
  expect(mantelHaenszelTest(sparse)).toBeCloseTo(0.1472524679624645, 12)
})

test('with one stratum they are the tests without strata', () => {
  const next = uniform(3)
  const [first, second] = [lognormal(next, 40), lognormal(next, 50, 120)]
  // The Mann-Whitney test is corrected for continuity.
  expect(vanElteren([{ first, second }]).p).toBeCloseTo(mannWhitney(first, second).p, 2)
  const [own, other] = [vanElterenRatio([{ first, second }]), hodgesLehmannRatio(first, second)]
  expect(own.ratio).toBeCloseTo(other.ratio, 8)
  expect(own.low).toBeCloseTo(other.low, 2)
  const table = { k1: 56, n1: 70, k2: 48, n2: 80 }
  expect(mantelHaenszelTest([table])).toBeCloseTo(proportionTest(56, 70, 48, 80).p, 10)
  const { difference, low, high } = proportionDifference(56, 70, 48, 80)
  expect(adjustedRates([table])).toEqual({
    ...{ first: 56 / 70, second: 48 / 80 },
    difference: expect.closeTo(difference, 12),
    low: expect.closeTo(low, 12),
    high: expect.closeTo(high, 12),
  })
})

test('what has no value of both samples tells nothing', () => {
  expect(() => vanElteren([{ first: [1], second: [] }])).toThrow('one without')
  expect(() => vanElterenRatio([])).toThrow('got none')
  expect(() => adjustedRates([])).toThrow('got none')
  expect(mantelHaenszelTest([{ k1: 3, n1: 3, k2: 4, n2: 4 }])).toBe(1)
})

test('property: the interval holds the ratio, and swapping the samples turns it over', () => {
  const values = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 12 })
  const strata = fc.array(fc.record({ first: values, second: values }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(strata, (some) => {
      const { ratio, low, high } = vanElterenRatio(some)
      expect(low).toBeLessThanOrEqual(ratio * (1 + 1e-9))
      expect(high).toBeGreaterThanOrEqual(ratio * (1 - 1e-9))
      const swapped = some.map(({ first, second }) => ({ first: second, second: first }))
      expect(vanElterenRatio(swapped).ratio * ratio).toBeCloseTo(1, 6)
      expect(vanElteren(swapped).p).toBeCloseTo(vanElteren(some).p, 10)
    }),
  )
})

test('simulation: strata of other paces and mixes are called different in about 5 % of the cases', () => {
  const next = uniform(11)
  const paces = [10, 100, 1000, 3000]
  let [different, covered] = [0, 0]
  for (let i = 0; i < 500; i++) {
    const strata = paces.map((pace, h) => ({
      first: lognormal(next, 3 + 12 * h, pace),
      second: lognormal(next, 60 - 15 * h, pace),
    }))
    if (vanElteren(strata).p < 0.05) different++
    const { low, high } = vanElterenRatio(strata)
    if (low <= 1 && high >= 1) covered++
  }
  expect(different).toBeGreaterThan(10)
  expect(different).toBeLessThan(40)
  expect(covered).toBeGreaterThan(460)
})
