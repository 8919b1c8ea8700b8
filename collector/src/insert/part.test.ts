import fc from 'fast-check'
import { expect, test } from 'vitest'
import { halvesOf, joined, nameOf, type Part, rowsOf, wholeBlocks, withoutRow } from './part.ts'

/** Blocks of some rows, one behind the other. */
const anyPart = fc
  .array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 })
  .map((sizes) =>
    wholeBlocks(sizes.map((rows, at) => ({ offset: at * 1000, length: 1000, crc: 0, rows, rejected: 0 }))),
  )

/** Each row by its place in the file. */
const places = (part: Part) =>
  part.flatMap(({ block, from, to }) =>
    Array.from({ length: to - from }, (_, at) => `${block.offset}:${from + at}`),
  )

test('halves of halves are the rows in their order, down to single rows', () => {
  fc.assert(
    fc.property(anyPart, (part) => {
      const single = (whole: Part): readonly Part[] =>
        rowsOf(whole) === 1 ? [whole] : halvesOf(whole).flatMap(single)
      const rows = single(part)
      expect(rows.every((row) => rowsOf(row) === 1)).toBe(true)
      expect(rows.flatMap(places)).toEqual(places(part))
      expect(new Set(rows.map(nameOf)).size).toBe(rowsOf(part))
    }),
  )
})

test('a row and the others are the rows', () => {
  fc.assert(
    fc.property(anyPart, fc.nat(1000), (part, number) => {
      const place = number % rowsOf(part)
      const { row, others } = withoutRow(part, place)
      expect(places(row)).toEqual([places(part)[place]])
      expect(places(others)).toEqual(places(part).filter((_, at) => at !== place))
      expect(places(joined([row, others])).sort()).toEqual(places(part).sort())
    }),
  )
  expect(() => withoutRow([], 0)).toThrow('there is no row 0 in a part of 0')
})
