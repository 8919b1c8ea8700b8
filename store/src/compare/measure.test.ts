import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { measure } from './measure.ts'
import { measurePaired } from './measure-paired.ts'
import { type Observation, statsOf } from './observation.ts'

const observation = fc.record({
  duration: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.double({ min: 1, max: 1e12, noNaN: true })),
  succeeded: fc.boolean(),
  key: fc.nat(3),
})
const side = fc.oneof(
  fc.array(observation, { maxLength: 60 }),
  fc.array(observation, { minLength: 200, maxLength: 260 }),
  // Two users, of which one has nearly all runs: the least degrees of freedom.
  fc.array(
    fc.record({ ...{ duration: fc.nat(9), succeeded: fc.boolean() }, key: fc.integer({ min: 1, max: 2 }) }),
    {
      minLength: 31,
      maxLength: 90,
    },
  ),
)

const toMeasured = (observations: readonly Observation[]) => ({ observations, stats: statsOf(observations) })

test('property: whatever the runs are, p is a probability, and the estimate lies in its interval', async () => {
  await fc.assert(
    fc.property(side, side, fc.boolean(), fc.boolean(), (first, second, paired, anytime) => {
      const [base, candidate] = [toMeasured(first), toMeasured(second)]
      const metrics = (paired ? measurePaired : measure)(base, candidate, anytime)
      for (const { effect, p, needs, effective } of Object.values(metrics)) {
        expect(needs).toBeGreaterThan(0)
        expect(effect === null).toBe(p === null)
        for (const size of effective ?? []) expect(size).toBeGreaterThanOrEqual(0)
        if (effect === null || p === null) continue
        expect(p).toBeGreaterThanOrEqual(0)
        expect(p).toBeLessThanOrEqual(1)
        const slack = 1e-6 * Math.max(1, Math.abs(effect.value))
        expect(effect.low).toBeLessThanOrEqual(effect.value + slack)
        expect(effect.high).toBeGreaterThanOrEqual(effect.value - slack)
      }
    }),
    { numRuns: 300 },
  )
})

test('property: swapping the sides keeps p', async () => {
  await fc.assert(
    fc.property(side, side, fc.boolean(), (first, second, anytime) => {
      const [base, candidate] = [toMeasured(first), toMeasured(second)]
      const [forth, back] = [measure(base, candidate, anytime), measure(candidate, base, anytime)]
      for (const metric of ['success', 'duration', 'p95'] as const) {
        const [one, other] = [forth[metric].p, back[metric].p]
        if (one === null || other === null) expect(one).toBe(other)
        else expect(other).toBeCloseTo(one, 6)
      }
    }),
    { numRuns: 150 },
  )
})
