import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SettledKeys } from './settled-keys.ts'

const halves = fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))

test('every key that was added is there', () => {
  fc.assert(
    fc.property(fc.array(halves, { maxLength: 1000 }), (all) => {
      const keys = new SettledKeys({ keysPerGeneration: 128, generations: 16 })
      for (const [low, high] of all) keys.add(low, high)
      for (const [low, high] of all) expect(keys.has(low, high)).toBe(true)
      expect(keys.forgottenUntilMs).toBe(0)
    }),
  )
})

/** The low and high half of the nth key, mixed as MurmurHash3 does it. */
const key = (n: number) => [mix(n), mix(n ^ 0x9e37_79b9)] as const

function mix(n: number): number {
  const a = Math.imul(n ^ (n >>> 16), 0x85eb_ca6b)
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2_ae35)
  return (b ^ (b >>> 16)) >>> 0
}

test('few keys that were not added seem to be there', () => {
  const keys = new SettledKeys({ keysPerGeneration: 2 ** 18, generations: 1 })
  const full = keys.capacity
  for (let n = 1; n <= full; n++) keys.add(...key(n))
  let wrong = 0
  for (let n = full + 1; n <= full + 1_000_000; n++) if (keys.has(...key(n))) wrong++
  expect(wrong).toBeLessThan(50)
})

test('the oldest keys are given up, and it says since when all are remembered', () => {
  const keys = new SettledKeys({ keysPerGeneration: 1024, generations: 2 })
  const begin = Date.now()
  for (let n = 1; n <= 3 * 1024; n++) keys.add(...key(n))
  expect(keys.capacity).toBe(2048)
  expect(keys.forgottenUntilMs).toBeGreaterThanOrEqual(begin)
  for (let n = 1025; n <= 3 * 1024; n++) expect(keys.has(...key(n))).toBe(true)
  let left = 0
  for (let n = 1; n <= 1024; n++) if (keys.has(...key(n))) left++
  expect(left).toBeLessThan(100)
})
