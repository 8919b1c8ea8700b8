import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, formatTypical } from './duration.ts'
import {
  formatBytes,
  formatCost,
  formatCount,
  formatExact,
  formatPercent,
  formatPoints,
  formatProbability,
  formatRatio,
} from './number.ts'

test('counts are exact up to 9,999 and compact above', () => {
  expect([0, 9999, 12_345, 1_234_567].map(formatCount)).toEqual(['0', '9,999', '12.3K', '1.23M'])
  expect(formatExact(1_234_567)).toBe('1,234,567')
})

test('a share is 0% or 100% only if it is exactly that', () => {
  expect([0, 0.0001, 0.0512, 0.5, 0.995, 0.9999, 1].map(formatPercent)).toEqual([
    '0%',
    '<0.1%',
    '5.1%',
    '50%',
    '99.5%',
    '>99.9%',
    '100%',
  ])
})

test('cost keeps two significant digits below a cent', () => {
  expect([0, 1e-7, 0.000123, 0.0042, 0.234, 12.345, 123_456].map(formatCost)).toEqual([
    '$0',
    '<$0.000001',
    '$0.00012',
    '$0.0042',
    '$0.234',
    '$12.35',
    '$123K',
  ])
})

test('ratios, differences of rates, probabilities and sizes have their unit', () => {
  expect([1.523, 0.5, 12.34].map(formatRatio)).toEqual(['1.52×', '0.50×', '12.3×'])
  expect([-0.042, 0.0001, -0.0001, 0.123].map(formatPoints)).toEqual([
    '-4.2 pts',
    '+0.0 pts',
    '0.0 pts',
    '+12 pts',
  ])
  expect([0.0004, 0.0321].map(formatProbability)).toEqual(['<0.001', '0.032'])
  expect([812, 1234, 1_200_000].map(formatBytes)).toEqual(['812 B', '1.2 KB', '1.2 MB'])
})

test('what is not a number reads as a dash', () => {
  for (const format of [
    formatCount,
    formatPercent,
    formatCost,
    formatRatio,
    formatPoints,
    formatProbability,
  ]) {
    expect(format(Number.NaN)).toBe('–')
  }
})

test('no format says Infinity or NaN, whatever the number', () => {
  const formats = [
    formatBytes,
    formatCost,
    formatCount,
    formatDuration,
    formatExact,
    formatPercent,
    formatPoints,
    formatProbability,
    formatRatio,
    formatTypical,
  ]
  fc.assert(
    fc.property(fc.double(), (value) => {
      for (const format of formats) expect(format(value), format.name).not.toMatch(/Infinity|NaN|∞|undefined/)
    }),
  )
})
