import { expect, test } from 'vitest'
import { clockProblem, formatBucket, formatRelative, formatUtc } from './time.ts'

const NOW = Date.UTC(2026, 10, 20, 12)

test.each([
  [-3 * 86_400_000, 'in 3 d'],
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

test.each([
  [NOW, 0, ''],
  [NOW, 3.5 * 86_400_000, 'clock 3 d ahead'],
  [0, 0, 'clock not set'],
])('of a run that starts at %d, %d ms ahead, is said "%s"', (startMs, aheadMs, text) => {
  expect(clockProblem({ startMs, aheadMs })).toBe(text)
})

test('an instant is written in UTC with milliseconds', () => {
  expect(formatUtc(NOW + 7)).toBe('2026-11-20 12:00:00.007 UTC')
})

test('the axis of a chart is in UTC, wherever it is looked at', () => {
  const [day, week] = [86_400_000, 7 * 86_400_000]
  expect(formatBucket(NOW, day)).toBe('12:00')
  expect(formatBucket(NOW, 2 * day)).toBe('Nov 20 12:00')
  expect(formatBucket(Date.UTC(2026, 10, 20, 23, 59), week)).toBe('Nov 20')
})

test('a time that no calendar has is a dash', () => {
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(formatUtc(time)).toBe('–')
    expect(formatRelative(time, 0)).toBe('–')
  }
  expect(formatUtc(8.64e15 + 1)).toBe('–')
})
