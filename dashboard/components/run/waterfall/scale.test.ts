import fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentOf, scaleOf, ticks } from './scale.ts'
import type { SpanRow } from './tree.ts'

test('the scale holds spans that begin before the run or end after it', () => {
  const rows = [
    { startNs: -50, durationNs: 10 },
    { startNs: 90, durationNs: 40 },
  ] as SpanRow[]
  const scale = scaleOf(rows, 100)
  expect(scale).toEqual({ fromNs: -50, toNs: 130 })
  expect(percentOf(scale, 40)).toBe(50)
})

test('a run without duration still has a scale', () => {
  expect(percentOf(scaleOf([], 0), 0)).toBe(0)
})

test('ticks are round, inside the scale, and no more than asked for', () => {
  expect(ticks({ fromNs: 0, toNs: 1_000_000 }, 5)).toEqual([0, 200_000, 400_000, 600_000, 800_000])
  fc.assert(
    fc.property(
      fc.integer({ min: -1_000_000, max: 0 }),
      fc.integer({ min: 1, max: 1e15 }),
      (fromNs, toNs) => {
        const found = ticks({ fromNs, toNs }, 5)
        expect(found.length).toBeLessThanOrEqual(6)
        for (const at of found) expect(at >= fromNs && at < toNs).toBe(true)
      },
    ),
  )
})
