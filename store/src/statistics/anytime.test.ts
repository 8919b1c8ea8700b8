import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anytimeConfidence, anytimeP, anytimeReach } from './anytime.ts'
import { normalQuantile, normalTwoSided } from './normal.ts'
import { uniform } from './testing.ts'

// confseq 0.0.11: normal_mixture_bound(information, alpha, 100, 0.05, False) / sqrt(information)
test.each([
  { information: 5, alpha: 0.05, reach: 4.718793463117 },
  { information: 5, alpha: 0.01, reach: 5.796362289885 },
  { information: 15, alpha: 0.05, reach: 3.530903924866 },
  { information: 100, alpha: 0.05, reach: 3.035208990376 },
  { information: 100, alpha: 0.01, reach: 3.582871174252 },
  { information: 2500, alpha: 0.05, reach: 3.368038713597 },
])('the interval as confseq: $information, alpha = $alpha', ({ information, alpha, reach }) => {
  expect(anytimeReach(1 - alpha, information)).toBeCloseTo(reach, 10)
  expect(normalQuantile((1 + anytimeConfidence(1 - alpha, information)) / 2)).toBeCloseTo(reach, 6)
})

// confseq 0.0.11: normal_log_mixture(z * sqrt(information), information, 100, 0.05, False)
test.each([
  { z: 1.5, information: 10, log: 0.205658558331 },
  { z: 2.5, information: 100, log: 1.680244326826 },
  { z: 4, information: 50, log: 5.588202645313 },
  { z: 3.2, information: 1000, log: 2.863020046337 },
  { z: 6, information: 20, log: 10.567460681551 },
])('p as confseq: z = $z, $information', ({ z, information, log }) => {
  expect(anytimeP(normalTwoSided(z), information)).toBeCloseTo(Math.min(1, Math.exp(-log)), 10)
})

test('property: p and interval say the same, and are never more certain than those of one look', async () => {
  const information = fc.double({ min: 1, max: 1e5, noNaN: true })
  await fc.assert(
    fc.property(fc.double({ min: 1e-12, max: 1, noNaN: true }), information, (p, seen) => {
      const own = anytimeP(p, seen)
      expect(own).toBeGreaterThanOrEqual(p)
      const reaches = -normalQuantile(p / 2) >= anytimeReach(0.95, seen)
      if (Math.abs(own - 0.05) > 1e-6) expect(own < 0.05).toBe(reaches)
      expect(anytimeConfidence(0.95, seen)).toBeGreaterThan(0.95)
    }),
  )
  expect(anytimeP(0, 50)).toBe(0)
})

test('simulation: of 400 sequences without a difference, looked at after each of 1,000 values, few ever look different', () => {
  const next = uniform(101)
  let once = 0
  let ever = 0
  for (let i = 0; i < 400; i++) {
    let sum = 0
    let [naive, valid] = [false, false]
    for (let n = 1; n <= 1000; n++) {
      sum += normalQuantile(next())
      if (n < 10) continue
      const p = normalTwoSided(sum / Math.sqrt(n))
      naive ||= p < 0.05
      valid ||= p < 0.05 && anytimeP(p, n) < 0.05
    }
    if (naive) once++
    if (valid) ever++
  }
  expect(once / 400).toBeGreaterThan(0.3)
  expect(ever / 400).toBeLessThan(0.06)
})
