import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SpanBlock } from '../columns/span-block.ts'
import { protobufOfJson } from '../otlp/json/request.ts'
import { captureNames, readCapture } from '../testing/captures.ts'
import { manySpans } from '../testing/many-spans.ts'
import { readNative } from '../testing/native-reader.ts'
import { Block } from './block.ts'
import { layoutOf } from './block-layout.ts'
import { DictionaryColumn } from './dictionary-column.ts'
import { mergeBlocks } from './merge-blocks.ts'
import { sliceBlock } from './slice-block.ts'

/** A block with all that the recorded clients send. */
function recordedBlock(): Buffer {
  const block = new SpanBlock()
  for (const name of captureNames('genkit', 'otel')) {
    for (const { body, contentType } of readCapture(name).requests)
      block.append(contentType.includes('json') ? protobufOfJson(body) : body, name)
  }
  block.append(manySpans(0, 300), 'many')
  return Buffer.from(block.take())
}

const block = recordedBlock()
const layout = layoutOf(block)!
const { rows } = layout

test('slices of a block, one after the other, are its rows; merged, they are the block again', () => {
  expect(rows).toBeGreaterThan(350)
  const expected = readNative(block)
  fc.assert(
    fc.property(fc.array(fc.nat(rows), { minLength: 1, maxLength: 8 }), (cuts) => {
      const ends = [...new Set([0, ...cuts, rows])].sort((a, b) => a - b)
      const slices = ends.slice(1).map((end, at) => sliceBlock(layout, ends[at]!, end))
      for (const slice of slices) expect(layoutOf(slice)).toBeDefined()
      const read = [Buffer.concat(slices), mergeBlocks(slices)].map(readNative)
      expect(read.map((found) => isDeepStrictEqual(found, expected))).toEqual([true, true])
    }),
    { numRuns: 10 },
  )
})

test('a slice of a slice is the slice of the block', () => {
  const once = sliceBlock(layout, 40, 200)
  expect(sliceBlock(layoutOf(once)!, 10, 50)).toEqual(sliceBlock(layout, 50, 90))
})

test('a slice holds only the texts of its rows', () => {
  const one = sliceBlock(layout, rows - 1, rows)
  expect(readNative(one)).toEqual(readNative(block).slice(-1))
  expect(one.length).toBeLessThan(4_000)
})

test.for([200, 300, 70_000])('of %i different texts the indexes get as wide as they have to be', (count) => {
  const texts = new Block([{ name: 'text', type: 'LowCardinality(String)' }])
  const column = texts.column('text', DictionaryColumn)
  for (let at = 0; at < count; at++) column.text(texts.rows++, `text ${at}`)
  const whole = Buffer.from(texts.take())
  for (const [from, to] of [
    [0, count],
    [1, count],
    [count - 120, count],
  ] as const) {
    const read = readNative(sliceBlock(layoutOf(whole)!, from, to)).map(({ text }) => text)
    expect(read.length).toBe(to - from)
    expect(read.join()).toBe(Array.from({ length: to - from }, (_, at) => `text ${from + at}`).join())
  }
})

test('rows that a block does not have are an error', () => {
  for (const [from, to] of [
    [0, rows + 1],
    [3, 3],
    [-1, 2],
    [5, 4],
  ] as const)
    expect(() => sliceBlock(layout, from, to)).toThrow(`expected rows within 0 and ${rows}`)
})
