import { expect, test } from 'vitest'
import { canOverlap } from './selection.ts'

const day = (n: number) => new Date(Date.UTC(2026, 10, n))

test('sides that differ in a value, or whose windows do not meet, have no run in common', () => {
  expect(canOverlap({ version: '1' }, { version: '2' })).toBe(false)
  expect(canOverlap({ version: '1' }, { environment: 'prod' })).toBe(true)
  const first = { from: day(1), to: day(8) }
  expect(canOverlap({ window: first }, { window: { from: day(8), to: day(9) } })).toBe(false)
  expect(canOverlap({ window: first }, { window: { from: day(7), to: day(9) } })).toBe(true)
  expect(canOverlap({ window: first, version: '1' }, { version: '1' })).toBe(true)
})
