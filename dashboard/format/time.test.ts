import { expect, test } from 'vitest'
import { formatRelative, formatUtc } from './time.ts'

const NOW = Date.UTC(2026, 10, 20, 12)

test.each([
  [-5_000, 'now'],
  [400, 'now'],
  [12_000, '12 s ago'],
  [59_999, '59 s ago'],
  [60_000, '1 min ago'],
  [5 * 3_600_000, '5 h ago'],
  [47 * 3_600_000, '47 h ago'],
  [72 * 3_600_000, '3 d ago'],
])('%d ms before now reads %s', (ms, text) => {
  expect(formatRelative(NOW - ms, NOW)).toBe(text)
})

test('an instant is written in UTC with milliseconds', () => {
  expect(formatUtc(NOW + 7)).toBe('2026-11-20 12:00:00.007 UTC')
})
