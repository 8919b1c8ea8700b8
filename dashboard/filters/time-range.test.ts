import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeTimeRange, parseTimeRange, rangeProblem, timeWindow, toInputs } from './time-range.ts'

const NOW = Date.UTC(2026, 10, 20, 12)

test('a preset ends now, a fixed range stays where it is', () => {
  expect(timeWindow({ preset: '1h' }, NOW)).toMatchObject({
    from: new Date(NOW - 3_600_000),
    to: new Date(NOW),
  })
  const fixed = parseTimeRange('fixed', '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z')
  expect(timeWindow(fixed, NOW)).toEqual({
    from: new Date('2026-11-01'),
    to: new Date('2026-11-02'),
    aheadMs: 0,
  })
})

test('a preset wins over instants that the form still carries', () => {
  expect(parseTimeRange('7d', '2026-11-01', '2026-11-02')).toEqual({ preset: '7d' })
})

test('a preset has room for runs whose clocks are 90 s ahead', () => {
  expect(timeWindow({ preset: '1h' }, NOW).aheadMs).toBeGreaterThan(90_000)
})

test.each([
  ['2026-11-02', '2026-11-01', 'from 2026-11-02T00:00 to 2026-11-01T00:00 UTC ends before it has begun'],
  ['2026-11-02', '2026-11-02', 'ends before it has begun'],
  ['soon', '2026-11-01', 'cannot be read. Expected range='],
  ['2026-11-01', '', 'cannot be read'],
  ['1969-12-31T23:59', '2026-11-01', 'is beyond what can be shown: 1970-01-01T00:00 to 2106-02-07T06:28'],
  ['2106-01-01', '2106-02-08', 'is beyond what can be shown'],
  ['-100000-01-01', '+100000-01-01', '+100000-01-01T00:00 UTC is beyond what can be shown'],
])('the range from %s to %s: %s', (from, to, problem) => {
  expect(rangeProblem(parseTimeRange('', from, to))).toContain(problem)
})

test('a range that can be shown has no problem', () => {
  for (const range of [
    parseTimeRange('', '', ''),
    parseTimeRange('7d', '', ''),
    parseTimeRange('', '1970-01-01', '2106-02-07T06:28'),
  ]) {
    expect(rangeProblem(range)).toBe('')
  }
})

test('whatever an address has for a range, it can be put into words and into date inputs', () => {
  const text = fc.oneof(
    fc.string(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  )
  fc.assert(
    fc.property(text, text, (from, to) => {
      const range = parseTimeRange('', from, to)
      if (!('fromMs' in range)) return
      expect(rangeProblem(range)).not.toMatch(/NaN|Invalid/)
      expect(Object.values(toInputs(range.fromMs, range.toMs)).join()).not.toMatch(/NaN|Invalid/)
    }),
  )
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
