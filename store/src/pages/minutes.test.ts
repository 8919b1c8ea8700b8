import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketStart, toChartWindow, toWindow } from './minutes.ts'

test('a window is widened to whole minutes and cut into aligned buckets that cover it', () => {
  const times = fc.integer({ min: 0, max: 4_000_000_000_000 })
  fc.assert(
    fc.property(times, times, fc.integer({ min: 2, max: 300 }), (a, b, most) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      const window = toWindow({ from: new Date(from), to: new Date(to) }, most)
      expect(window.fromMs).toBeLessThanOrEqual(from)
      expect(window.toMs).toBeGreaterThanOrEqual(to)
      expect([window.fromMs % 60_000, window.toMs % 60_000, window.bucketMs % 60_000]).toEqual([0, 0, 0])
      expect(window.buckets).toBeGreaterThanOrEqual(1)
      expect(window.buckets).toBeLessThanOrEqual(most)
      expect(bucketStart(window, 0)).toBeLessThanOrEqual(window.fromMs)
      expect(bucketStart(window, window.buckets)).toBeGreaterThanOrEqual(window.toMs)
    }),
  )
})

test('an hour of minutes, a day in five minutes', () => {
  const to = new Date('2026-01-02T00:00:00Z')
  expect(toWindow({ from: new Date('2026-01-01T23:00:00Z'), to }, 300)).toMatchObject({
    bucketMs: 60_000,
    buckets: 60,
  })
  expect(toWindow({ from: new Date('2026-01-01T00:00:00Z'), to }, 300)).toMatchObject({
    bucketMs: 300_000,
    buckets: 288,
  })
})

test.each([
  ['-000001-01-01', '1969-01-01', '1970-01-01T00:00', '1970-01-01T00:01'],
  ['1969-01-01', '1970-01-01T00:05', '1970-01-01T00:00', '1970-01-01T00:05'],
  ['2106-02-07T06:00', '+010000-01-01', '2106-02-07T06:00', '2106-02-07T06:28'],
  ['2150-01-01', '2151-01-01', '2106-02-07T06:27', '2106-02-07T06:28'],
])('of %s to %s there are the minutes of %s to %s', (from, to, first, end) => {
  const utc = (text: string) => new Date(text.includes('T') ? `${text}Z` : text)
  expect(toWindow({ from: utc(from), to: utc(to) }, 300)).toMatchObject({
    fromMs: utc(first).getTime(),
    toMs: utc(end).getTime(),
  })
})

test('a chart of a day has finer buckets the more runs there are', () => {
  const day = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-02T00:00:00Z') }
  const buckets = (runs: number) => toChartWindow(day, runs).buckets
  expect([0, 10, 480, 959, 960, 1919, 1920, 1e6].map(buckets)).toEqual([24, 24, 24, 24, 48, 48, 96, 96])
})

test('a chart has at most 100 buckets, at least 24 where minutes allow it, and 20 runs in each if it can', () => {
  const start = fc.integer({ min: 0, max: 4_000_000_000_000 })
  const minutes = fc.integer({ min: 1, max: 500_000 })
  fc.assert(
    fc.property(start, minutes, fc.integer({ min: 0, max: 1_000_000 }), (from, length, runs) => {
      const range = { from: new Date(from), to: new Date(from + length * 60_000) }
      const window = toChartWindow(range, runs)
      expect(window.buckets).toBeLessThanOrEqual(100)
      if (length >= 24) expect(window.buckets).toBeGreaterThanOrEqual(24)
      const perBucket = (runs * window.bucketMs) / (window.toMs - window.fromMs)
      if (perBucket < 20) expect(window).toEqual(toChartWindow(range, 0))
      expect(bucketStart(window, window.buckets)).toBeGreaterThanOrEqual(window.toMs)
    }),
  )
})
