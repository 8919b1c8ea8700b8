import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chartedRanges, mergeRanges, type Range } from './ranges.ts'

const at = (time: string): Range => ({ from: `${time}.000000000`, to: `${time}.999999999` })

test('one distant span has a range of its own', () => {
  const now = { from: '2026-01-01 00:00:00.000000000', to: '2026-01-01 00:00:07.500000000' }
  expect(mergeRanges([at('2150-01-01 00:00:00'), now, at('1970-01-01 00:00:00')])).toEqual([
    at('1970-01-01 00:00:00'),
    now,
    at('2150-01-01 00:00:00'),
  ])
})

test('charts have whole minutes, from 1970 until DateTime ends', () => {
  const ranges = ['1969-12-31 23:59:59', '2026-01-01 00:00:07', '2106-02-07 06:27:59', '2106-02-07 06:28:00']
  expect(chartedRanges(ranges.map(at))).toEqual([
    { from: '2026-01-01 00:00:00', to: '2026-01-01 00:00:59.999999999' },
    { from: '2106-02-07 06:27:00', to: '2106-02-07 06:27:59.999999999' },
  ])
  const all = { from: '1900-01-01 00:00:00.000000000', to: '2262-04-11 23:47:16.854775807' }
  expect(chartedRanges([all])).toEqual([{ from: '1970-01-01 00:00:00', to: '2106-02-07 06:27:59.999999999' }])
})

test('merged ranges are few, apart, and hold every time', () => {
  const time = fc
    .date({ min: new Date('1970-01-01'), max: new Date('2262-01-01'), noInvalidDate: true })
    .map((date) => at(date.toISOString().slice(0, 19).replace('T', ' ')))
  fc.assert(
    fc.property(fc.array(time, { maxLength: 40 }), (ranges) => {
      const merged = mergeRanges(ranges)
      expect(merged.length).toBeLessThanOrEqual(8)
      for (const { from, to } of ranges)
        expect(merged.some((one) => one.from <= from && to <= one.to)).toBe(true)
      for (const [i, next] of merged.slice(1).entries()) expect(merged[i]!.to < next.from).toBe(true)
    }),
  )
})
