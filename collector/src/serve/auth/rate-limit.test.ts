import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Refusal } from '../../refusal.ts'
import { RateLimit } from './rate-limit.ts'

const limit = (rate: number, burst: number) => {
  const clock = { ms: 0 }
  return { clock, limit: new RateLimit(rate, burst, () => clock.ms) }
}
const refusal = (act: () => void): Refusal | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ reason: 'rate_limited' })
    return error as Refusal
  }
}

test('a burst is taken, then as many a second as the rate says', () => {
  const { clock, limit: used } = limit(10, 20)
  const take = (spans: number) => {
    const refused = refusal(() => used.admit('a'))
    if (refused === undefined) used.charge('a', spans)
    return refused?.retryAfter
  }
  expect([take(10), take(10), take(1)]).toEqual([undefined, undefined, 1])
  clock.ms = 1_000
  expect([take(10), take(1)]).toEqual([undefined, 1])
  clock.ms = 100_000
  expect([take(20), take(1)]).toEqual([undefined, 1])
})

test('a request larger than the burst is taken whole, and waited for as long as it says', () => {
  const { clock, limit: used } = limit(10, 20)
  used.admit('a')
  used.charge('a', 70)
  const refused = refusal(() => used.admit('a'))
  expect(refused?.retryAfter).toBe(6)
  expect(refused?.message).toBe('project a sent more than 10 spans a second. Try again in 6 s')
  clock.ms = refused!.retryAfter! * 1000
  expect(refusal(() => used.admit('a'))).toBeUndefined()
})

test('bytes cost what they are worth in spans, whatever comes of them, and no request is free', () => {
  const { limit: used } = limit(10, 20)
  expect([0, 1, 16_384, 16_385].map((bytes) => used.chargeBytes('a', bytes))).toEqual([1, 1, 1, 2])
  expect(used.chargeBytes('a', 64 * 2 ** 20)).toBe(4096)
  expect(refusal(() => used.admit('a'))?.retryAfter).toBe(Math.ceil((4096 + 5 + 1 - 20) / 10))
})

test('projects do not share a limit', () => {
  const { limit: used } = limit(1, 1)
  used.admit('a')
  used.charge('a', 5)
  expect(refusal(() => used.admit('a'))).toBeDefined()
  expect(refusal(() => used.admit('b'))).toBeUndefined()
})

test('whatever is sent when: over all time no more than the rate, the burst and one request', () => {
  const requests = fc.array(fc.record({ wait: fc.nat(2_000), spans: fc.integer({ min: 1, max: 50 }) }))
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 100 }),
      requests,
      (rate, burst, sent) => {
        const { clock, limit: used } = limit(rate, burst)
        let taken = 0
        for (const { wait, spans } of sent) {
          clock.ms += wait
          if (refusal(() => used.admit('a')) !== undefined) continue
          used.charge('a', spans)
          taken += spans
        }
        expect(taken).toBeLessThanOrEqual(burst + (rate * clock.ms) / 1000 + 50)
      },
    ),
  )
})
