import { expect, test } from 'vitest'
import { DurationError, formatDuration, parseDuration } from './duration.ts'

test.each([
  [250, 250e6],
  ['12ns', 12],
  ['3us', 3_000],
  ['500ms', 5e8],
  ['1.5 s', 1.5e9],
  ['2m', 120e9],
  ['1h', 3_600e9],
  ['7d', 604_800e9],
  ['1w', 604_800e9],
])('%s is %s nanoseconds', (text, nanoseconds) => {
  expect(parseDuration(text)).toBe(nanoseconds)
})

test.each(['', '2', '-1s', '1 year', 's', -1, Number.NaN, Number.POSITIVE_INFINITY])(
  '%s is refused',
  (text) => {
    expect(() => parseDuration(text)).toThrow(DurationError)
  },
)

test('three digits are shown', () => {
  expect([12, 1_250, 1.25e6, 2e9, 5_400e9].map(formatDuration)).toEqual([
    '12 ns',
    '1.25 us',
    '1.25 ms',
    '2 s',
    '5400 s',
  ])
})
