import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  effectiveSize,
  INDEPENDENT,
  inflationOf,
  studentised,
  studentisedConfidence,
  toClusters,
} from './effective-size.ts'
import { normalQuantile } from './normal.ts'
import { REFERENCE } from './reference-values.ts'
import { studentReach, studentTwoSided } from './student.ts'
import { uniform } from './testing.ts'

test.each(REFERENCE.student)("Student's t as scipy: $t with $degrees degrees", ({ t, degrees, p }) => {
  expect(studentTwoSided(t, degrees) / p).toBeCloseTo(1, 8)
})

test.each(REFERENCE.studentReach)('its quantiles as scipy: $p with $degrees degrees', ({ p, degrees, t }) => {
  expect(studentReach(p, degrees) / t).toBeCloseTo(1, 9)
})

test.each(REFERENCE.clustered)('clusters as the robust variance of statsmodels: $size', (reference) => {
  // In an order in which neighbours belong to different clusters, so that nothing is left to be shared in time.
  const apart = reference.values
    .map((value, i) => ({
      value,
      key: reference.keys[i]!,
      nth: reference.keys.slice(0, i + 1).filter((k) => k === reference.keys[i]).length,
    }))
    .sort((a, b) => a.nth - b.nth || a.key - b.key)
  const { size } = effectiveSize(
    apart.map(({ value }) => value),
    toClusters(apart.map(({ key }) => key)),
  )
  expect(size).toBeCloseTo(reference.size, 10)
})

const alone = (values: readonly number[]) => effectiveSize(values, toClusters(values.map(() => 0)))

function autoregressive(next: () => number, rho: number, n: number): number[] {
  let last = normalQuantile(next())
  return Array.from({ length: n }, () => {
    last = rho * last + Math.sqrt(1 - rho * rho) * normalQuantile(next())
    return last
  })
}

test('simulation: of autocorrelated values the size is n (1 - rho) / (1 + rho), as theory has it', () => {
  const next = uniform(91)
  for (const rho of [0.5, 0.9]) {
    const sizes = Array.from({ length: 60 }, () => alone(autoregressive(next, rho, 4000)).size)
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
    const expected = (4000 * (1 - rho)) / (1 + rho)
    expect(mean / expected).toBeGreaterThan(0.8)
    expect(mean / expected).toBeLessThan(1.15)
  }
})

test('simulation: independent values are nearly always worth their number', () => {
  const next = uniform(92)
  let reduced = 0
  for (let i = 0; i < 500; i++) if (alone(autoregressive(next, 0, 200)).size < 200) reduced++
  expect(reduced / 500).toBeLessThan(0.06)
})

test('simulation: with few clusters, with sessions one after the other, and under autocorrelation, 5 % of equal means differ', () => {
  const next = uniform(93)
  const z = () => normalQuantile(next())
  const shapes = {
    users: () => {
      const own = Array.from({ length: 15 }, () => z())
      const keys = Array.from({ length: 300 }, () => 1 + Math.floor(next() * 15))
      return { values: keys.map((key) => own[key - 1]! + z()), keys }
    },
    sessions: () => {
      const keys = Array.from({ length: 300 }, (_, i) => 1 + Math.floor(i / 6))
      const own = Array.from({ length: 50 }, () => z())
      return { values: keys.map((key) => own[key - 1]! + z()), keys }
    },
    neighbours: () => ({ values: autoregressive(next, 0.7, 400), keys: Array(400).fill(0) }),
  }
  for (const draw of Object.values(shapes)) {
    let different = 0
    for (let i = 0; i < 600; i++) if (differs(draw(), draw())) different++
    expect(different / 600).toBeLessThan(0.08)
  }
})

interface Sample {
  readonly values: readonly number[]
  readonly keys: readonly number[]
}

function differs(first: Sample, second: Sample): boolean {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const squared = ({ values }: Sample) =>
    mean(values.map((value) => (value - mean(values)) ** 2)) / values.length
  const [a, b] = [first, second].map(({ values, keys }) => effectiveSize(values, toClusters(keys)))
  const { variance, degrees } = inflationOf(a!, first.values.length, b!, second.values.length)
  const distance = mean(first.values) - mean(second.values)
  return studentTwoSided(distance / Math.sqrt(variance * (squared(first) + squared(second))), degrees) < 0.05
}

test('values that are all equal, or few, are independent; one cluster is worth one value', () => {
  expect(alone(Array(50).fill(7))).toEqual({ size: 50, degrees: Infinity })
  expect(alone([1, 2])).toEqual({ size: 2, degrees: Infinity })
  expect(effectiveSize([1, 5, 2, 8], toClusters([3, 3, 3, 3]))).toEqual({ size: 1, degrees: 1 })
})

test('property: never worth more than there are, whatever the unit and the offset', async () => {
  const sample = fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }), fc.nat(6)), {
    minLength: 3,
    maxLength: 120,
  })
  await fc.assert(
    fc.property(sample, fc.integer({ min: 2, max: 50 }), (pairs, factor) => {
      const size = (some: readonly (readonly [number, number])[]) =>
        effectiveSize(
          some.map(([value]) => value),
          toClusters(some.map(([, key]) => key)),
        ).size
      const own = size(pairs)
      expect(own).toBeLessThanOrEqual(pairs.length)
      expect(own).toBeGreaterThan(0)
      expect(size(pairs.map(([value, key]) => [value * factor - 7, key]))).toBeCloseTo(own, 6)
    }),
  )
})

test('independent samples inflate nothing, and p and confidence stay', () => {
  const all = { size: 40, degrees: Infinity }
  expect(inflationOf(all, 40, all, 40)).toBe(INDEPENDENT)
  expect(inflationOf({ size: 20, degrees: 9 }, 40, { size: 20, degrees: 9 }, 40)).toEqual({
    variance: 2,
    degrees: 18,
  })
  expect(studentised(0.03, Infinity)).toBe(0.03)
  expect(studentised(0.03, 10)).toBeGreaterThan(0.03)
  expect(studentisedConfidence(0.95, 10)).toBeGreaterThan(0.95)
})
