import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { meanDifference } from './mean-difference.ts'
import { REFERENCE } from './reference-values.ts'
import { signedRank, walshShift } from './signed-rank.ts'
import { lognormal, uniform } from './testing.ts'

test.each(REFERENCE.signedRank)('as scipy: p = $p', ({ differences, p }) => {
  expect(signedRank(differences).p).toBeCloseTo(p, 12)
})

test.each(REFERENCE.walsh.map((expected, i) => ({ expected, ...REFERENCE.signedRank[i]! })))(
  'the median of the Walsh averages and its interval, as by definition: $expected',
  ({ expected, differences }) => {
    const { shift, low, high } = walshShift(differences)
    expect(shift).toBeCloseTo(expected.shift, 9)
    expect(low).toBeCloseTo(expected.low, 9)
    expect(high).toBeCloseTo(expected.high, 9)
  },
)

test('published example (Hollander & Wolfe 3.1, Hamilton scale): p = 0.0391, -0.46, 96 % interval -0.786 to -0.010', () => {
  const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3]
  const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
  const differences = before.map((value, i) => after[i]! - value)
  expect(signedRank(differences)).toMatchObject({ balance: -35, method: 'exact' })
  expect(signedRank(differences).p).toBeCloseTo(0.0390625, 12)
  const { shift, low, high } = walshShift(differences)
  expect([shift, low, high].map((value) => value.toFixed(3))).toEqual(['-0.460', '-0.786', '-0.010'])
})

test('without a difference there is none; infinite ones are the largest', () => {
  expect(signedRank([])).toMatchObject({ p: 1, balance: 0 })
  expect(signedRank([0, 0, 0]).p).toBe(1)
  expect(signedRank([1, 2, 3, -Infinity])).toEqual(signedRank([1, 2, 3, -100]))
  expect(() => walshShift([])).toThrow('got none')
  expect(() => walshShift([1, Infinity])).toThrow('got an infinite one')
})

const differences = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 70 })

test('property: turning all signs keeps p and mirrors the estimate', async () => {
  await fc.assert(
    fc.property(differences, (some) => {
      const turned = some.map((value) => -value)
      expect(signedRank(turned).p).toBe(signedRank(some).p)
      expect(signedRank(turned).balance).toBeCloseTo(-signedRank(some).balance, 9)
      const [forth, back] = [walshShift(some), walshShift(turned)]
      expect(back.shift).toBeCloseTo(-forth.shift, 8)
      expect(back.low).toBeCloseTo(-forth.high, 8)
    }),
  )
})

test.each(REFERENCE.mcnemar)(
  'with differences of 0 and 1 alone it is the exact McNemar test: $broke broke, $fixed fixed',
  ({ broke, fixed, p }) => {
    const changed = [...Array(broke).fill(-1), ...Array(fixed).fill(1)]
    const { p: own, method } = signedRank([...changed, 0, 0, 0])
    // Beyond 50 changes the normal approximation stands for it.
    expect(own).toBeCloseTo(p, method === 'exact' ? 12 : 4)
  },
)

test('property: the interval holds the estimate, and the estimate lies within the differences', async () => {
  await fc.assert(
    fc.property(differences, (some) => {
      const { shift, low, high } = walshShift(some)
      expect(low).toBeLessThanOrEqual(shift + 1e-9)
      expect(high).toBeGreaterThanOrEqual(shift - 1e-9)
      expect(Math.min(...some)).toBeLessThanOrEqual(low + 1e-9)
      expect(Math.max(...some)).toBeGreaterThanOrEqual(high - 1e-9)
    }),
  )
})

test('as by the formula of Bonett & Price 2012, for 10 and 5 of 40 changed pairs', () => {
  const some = [...Array(10).fill(1), ...Array(5).fill(-1), ...Array(25).fill(0)]
  const [more, less] = [11 / 42, 6 / 42]
  const reach = 1.959963984540054 * Math.sqrt((more + less - (more - less) ** 2) / 42)
  const { difference, low, high } = meanDifference(some)
  expect(difference).toBe(0.125)
  expect(low).toBeCloseTo(more - less - reach, 12)
  expect(high).toBeCloseTo(more - less + reach, 12)
})

test('where nothing differs, the interval of the mean still says how few cases there were', () => {
  expect(meanDifference(Array(10).fill(0)).high).toBeGreaterThan(0.15)
  expect(meanDifference(Array(1000).fill(0)).high).toBeLessThan(0.003)
  expect(() => meanDifference([])).toThrow('got none')
})

test('simulation: the interval of the mean covers it in about 95 % of the cases', () => {
  const next = uniform(71)
  const share = (n: number, broken: number, fixed: number) => {
    let covered = 0
    for (let i = 0; i < 2000; i++) {
      const some = Array.from({ length: n }, next).map((u) => (u < broken ? -1 : u > 1 - fixed ? 1 : 0))
      const { low, high } = meanDifference(some)
      if (low <= fixed - broken && high >= fixed - broken) covered++
    }
    return covered / 2000
  }
  expect(share(40, 0.1, 0.1)).toBeGreaterThan(0.935)
  expect(share(20, 0.3, 0.05)).toBeGreaterThan(0.935)
  expect(share(200, 0.02, 0.02)).toBeGreaterThan(0.935)
})

test('simulation: equal inputs are called different in at most 5 % of the cases, also where many are tied', () => {
  const next = uniform(72)
  const share = (n: number, digits: number) => {
    let different = 0
    for (let i = 0; i < 2000; i++) {
      const [x, y] = [lognormal(next, n, 5), lognormal(next, n, 5)]
      const some = x.map((value, k) => Number((y[k]! - value).toFixed(digits)))
      if (signedRank(some).p < 0.05) different++
    }
    return different / 2000
  }
  for (const [n, digits] of [
    [8, 3],
    [20, 0],
    [60, 0],
    [60, 3],
  ] as const)
    expect(share(n, digits)).toBeLessThan(0.062)
})
