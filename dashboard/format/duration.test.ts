import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeError, formatDuration, formatQuantile, formatTypical } from './duration.ts'

test.each([
  [0, '0 ns'],
  [999, '999 ns'],
  [1_000, '1.00 µs'],
  [420_000, '420 µs'],
  [999_600, '1.00 ms'],
  [12_340_000, '12.3 ms'],
  [999_999_999, '1.00 s'],
  [1_240_000_000, '1.24 s'],
  [59_949_000_000, '59.9 s'],
  [59_960_000_000, '1m 00s'],
  [125_000_000_000, '2m 05s'],
  [3_599_600_000_000, '1h 00m'],
  [3_840_000_000_000, '1h 04m'],
  [172_800_000_000_000, '2d 00h'],
  [-1_500_000, '-1.50 ms'],
  [Number.NaN, '–'],
])('%d ns reads %s', (ns, text) => {
  expect(formatDuration(ns)).toBe(text)
})

const UNITS: Record<string, number> = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 }

test('below a minute the text is within half a percent of the value and has at most three digits', () => {
  fc.assert(
    fc.property(fc.double({ min: 100, max: 59e9, noNaN: true }), (ns) => {
      const [number = '', unit = ''] = formatDuration(ns).split(' ')
      expect(Math.abs((Number(number) * (UNITS[unit] ?? Number.NaN)) / ns - 1)).toBeLessThanOrEqual(0.0051)
      expect(number.replace('.', '').length).toBeLessThanOrEqual(3)
    }),
  )
})

test('a typical duration of nothing is not zero', () => {
  expect(formatTypical(0)).toBe('–')
  expect(formatTypical(5e6)).toBe('5.00 ms')
})

test('a quantile that is not exact says so, and by how much', () => {
  expect(formatQuantile(240e9, 0)).toBe('4m 00s')
  expect(describeError(240e9, 0)).toBe('exactly 240,000,000,000 ns')
  expect(formatQuantile(240e9, 0.01)).toBe('≈ 4m 00s')
  expect(describeError(240e9, 0.01)).toContain('within 1%')
  expect([formatQuantile(0, 0.01), describeError(0, 0.01)]).toEqual(['–', undefined])
})
