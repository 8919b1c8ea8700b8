import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mannWhitney } from './mann-whitney.ts'
import { REFERENCE } from './reference-values.ts'
import { lognormal, uniform } from './testing.ts'

test.each(REFERENCE.mannWhitney)('as scipy: U = $u', ({ first, second, u, p }) => {
  const result = mannWhitney(first, second)
  expect(result.u).toBe(u)
  expect(result.p).toBeCloseTo(p, 12)
})

test('published example (Hollander & Wolfe, permeability of membranes): W = 35, p = 0.2544', () => {
  const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
  const early = [1.15, 0.88, 0.9, 0.74, 1.21]
  const result = mannWhitney(early, term)
  expect(result).toMatchObject({ u: 35, method: 'exact' })
  expect(result.p).toBeCloseTo(0.2544, 4)
})

test('all values equal: no difference', () => {
  expect(mannWhitney(Array(40).fill(7), Array(50).fill(7))).toMatchObject({ superiority: 0.5, p: 1 })
})

test('an empty sample is refused', () => {
  expect(() => mannWhitney([], [1])).toThrow('got 0 and 1 values')
})

const samples = fc.tuple(
  fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 }),
  fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 }),
)

test('property: swapping the samples keeps p and mirrors U', async () => {
  await fc.assert(
    fc.property(samples, ([x, y]) => {
      const forth = mannWhitney(x, y)
      const back = mannWhitney(y, x)
      expect(back.u + forth.u).toBe(x.length * y.length)
      expect(back.p).toBeCloseTo(forth.p, 12)
    }),
  )
})

test('property: any increasing transformation keeps the outcome', async () => {
  await fc.assert(
    fc.property(samples, ([x, y]) => {
      expect(mannWhitney(x.map(Math.sqrt), y.map(Math.sqrt))).toEqual(mannWhitney(x, y))
    }),
  )
})

test('property: U is the number of pairs where the second is larger, ties half', async () => {
  await fc.assert(
    fc.property(samples, ([x, y]) => {
      const pairs = x.flatMap((a) => y.map((b) => (b > a ? 1 : b === a ? 0.5 : 0) as number))
      expect(mannWhitney(x, y).u).toBe(pairs.reduce((sum, one) => sum + one, 0))
    }),
  )
})

test('simulation: equal inputs are called different in about 5 % of the cases', () => {
  const next = uniform(11)
  let different = 0
  for (let i = 0; i < 2000; i++)
    if (mannWhitney(lognormal(next, 60), lognormal(next, 45)).p < 0.05) different++
  expect(different / 2000).toBeGreaterThan(0.035)
  expect(different / 2000).toBeLessThan(0.065)
})

test('simulation: 1.5 times slower at n = 300 is always found', () => {
  const next = uniform(12)
  let found = 0
  for (let i = 0; i < 200; i++)
    if (mannWhitney(lognormal(next, 300, 100, 0.8), lognormal(next, 300, 150, 0.8)).p < 0.001) found++
  expect(found).toBeGreaterThanOrEqual(195)
})
