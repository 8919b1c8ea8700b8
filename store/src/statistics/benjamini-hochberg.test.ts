import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { benjaminiHochberg } from './benjamini-hochberg.ts'
import { mannWhitney } from './mann-whitney.ts'
import { REFERENCE } from './reference-values.ts'
import { lognormal, uniform } from './testing.ts'

test('as scipy', () => {
  const { p, q } = REFERENCE.benjaminiHochberg
  const adjusted = benjaminiHochberg(p)
  q.forEach((value, i) => {
    expect(adjusted[i]).toBeCloseTo(value, 12)
  })
})

test('published: Benjamini & Hochberg 1995, section 3.1: 4 of 15 hypotheses are rejected at 0.05', () => {
  const p = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
    0.759, 1,
  ]
  expect(benjaminiHochberg(p).map((q) => q < 0.05)).toEqual(p.map((_, i) => i < 4))
})

test('property: q keeps the order of p, is at least p, and the input order does not matter', async () => {
  await fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (p) => {
      const q = benjaminiHochberg(p)
      p.forEach((value, i) => {
        expect(q[i]).toBeGreaterThanOrEqual(value * (1 - 1e-12))
        p.forEach((other, j) => {
          if (value < other) expect(q[i]).toBeLessThanOrEqual(q[j]!)
        })
      })
      expect(benjaminiHochberg(p.toReversed())).toEqual(q.toReversed())
    }),
  )
})

test('simulation: of 20 steps with 4 slower ones, few discoveries are false', () => {
  const next = uniform(51)
  let found = 0
  let wrong = 0
  for (let i = 0; i < 100; i++) {
    const p = Array.from(
      { length: 20 },
      (_, step) => mannWhitney(lognormal(next, 100), lognormal(next, 100, step < 4 ? 150 : 100)).p,
    )
    benjaminiHochberg(p).forEach((q, step) => {
      if (q < 0.05) step < 4 ? found++ : wrong++
    })
  }
  expect(found).toBeGreaterThan(390)
  expect(wrong / (found + wrong)).toBeLessThan(0.06)
})

test('simulation: with 40 equal steps, a comparison with any discovery is rare', () => {
  const next = uniform(52)
  let alarms = 0
  for (let i = 0; i < 300; i++) {
    const p = Array.from({ length: 40 }, () => mannWhitney(lognormal(next, 30), lognormal(next, 30)).p)
    if (benjaminiHochberg(p).some((q) => q < 0.05)) alarms++
  }
  expect(alarms / 300).toBeLessThan(0.09)
})
