import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffRows, foldRows, type LineRow } from './diff-rows.ts'

const textOf = (pieces: LineRow['after']) => pieces?.map(({ text }) => text).join('')
const side = (rows: readonly LineRow[], name: 'before' | 'after') =>
  rows.flatMap((row) => (row[name] === undefined ? [] : [textOf(row[name])])).join('\n')

const lines = fc.array(fc.constantFrom('', 'a', 'a b', 'b a', 'c d e', '  é'), { maxLength: 12 })
const text = lines.map((all) => all.join('\n'))

test('rows hold both texts whole, and mark a change exactly where lines differ', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const rows = diffRows(before, after)!
      expect(side(rows, 'before')).toBe(before)
      expect(side(rows, 'after')).toBe(after)
      expect(rows.every(({ same }) => same)).toBe(before === after)
      for (const { before, after, same } of rows) {
        expect(same).toBe(before !== undefined && textOf(before) === textOf(after))
        for (const pieces of [before, after])
          if (same) expect(pieces?.some(({ changed }) => changed)).toBe(false)
      }
    }),
  )
})

test('a line that changed marks its words', () => {
  expect(diffRows('x\nthe old answer', 'x\nthe new answer')).toEqual([
    { before: [{ text: 'x', changed: false }], after: [{ text: 'x', changed: false }], same: true },
    {
      before: [
        { text: 'the ', changed: false },
        { text: 'old', changed: true },
        { text: ' answer', changed: false },
      ],
      after: [
        { text: 'the ', changed: false },
        { text: 'new', changed: true },
        { text: ' answer', changed: false },
      ],
      same: false,
    },
  ])
})

test('texts that have next to nothing in common are not compared line by line', () => {
  const of = (word: string) => Array.from({ length: 800 }, (_, at) => `${word} ${at}`).join('\n')
  expect(diffRows(of('a'), of('b'))).toBeUndefined()
})

test('lines far from a change are counted instead of shown', () => {
  const numbers = Array.from({ length: 30 }, (_, at) => String(at))
  const rows = diffRows(numbers.join('\n'), numbers.with(10, 'ten').join('\n'))!
  const folded = foldRows(rows)
  expect(folded).toHaveLength(9)
  expect([folded.at(0), folded.at(-1)]).toEqual([{ folded: 7 }, { folded: 16 }])
})
