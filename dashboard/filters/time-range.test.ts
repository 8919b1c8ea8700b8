import { expect, test } from 'vitest'
import { describeTimeRange, parseTimeRange, timeWindow, toInputs } from './time-range.ts'

const NOW = Date.UTC(2026, 10, 20, 12)

test('a preset ends now, a fixed range stays where it is', () => {
  expect(timeWindow({ preset: '1h' }, NOW)).toEqual({ from: new Date(NOW - 3_600_000), to: new Date(NOW) })
  const fixed = parseTimeRange('fixed', '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z')
  expect(timeWindow(fixed, NOW)).toEqual({ from: new Date('2026-11-01'), to: new Date('2026-11-02') })
})

test('a preset wins over instants that the form still carries', () => {
  expect(parseTimeRange('7d', '2026-11-01', '2026-11-02')).toEqual({ preset: '7d' })
})

test('instants that are backwards or unreadable give the default', () => {
  expect(parseTimeRange('', '2026-11-02', '2026-11-01')).toEqual({ preset: '24h' })
  expect(parseTimeRange('', 'soon', '2026-11-01')).toEqual({ preset: '24h' })
})

test('what date inputs send is UTC, wherever the server runs, and comes back to them', () => {
  const range = parseTimeRange('fixed', '2026-11-01T10:00', '2026-11-02T11:30')
  expect(range).toEqual({
    preset: 'fixed',
    fromMs: Date.UTC(2026, 10, 1, 10),
    toMs: Date.UTC(2026, 10, 2, 11, 30),
  })
  expect(toInputs(Date.UTC(2026, 10, 1, 10, 0, 59), Date.UTC(2026, 10, 2, 11, 29, 1))).toEqual({
    from: '2026-11-01T10:00',
    to: '2026-11-02T11:30',
  })
})

test('a range is described for empty pages', () => {
  expect(describeTimeRange({ preset: '7d' })).toBe('the last 7 days')
  expect(describeTimeRange(parseTimeRange('', '2026-11-01T10:00Z', '2026-11-02T11:30Z'))).toBe(
    '2026-11-01T10:00 to 2026-11-02T11:30 UTC',
  )
})
