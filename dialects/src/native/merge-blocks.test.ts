import { expect, test } from 'vitest'
import { SpanBlock } from '../columns/span-block.ts'
import { protobufOfJson } from '../otlp/json/request.ts'
import { captureNames, readCapture } from '../testing/captures.ts'
import { manySpans } from '../testing/many-spans.ts'
import { readNative } from '../testing/native-reader.ts'
import { Random } from '../testing/random.ts'
import { Block } from './block.ts'
import { layoutOf } from './block-layout.ts'
import { DictionaryColumn } from './dictionary-column.ts'
import { mergeBlocks } from './merge-blocks.ts'

function spanBlock(project: string, ...requests: readonly Buffer[]): Buffer {
  const block = new SpanBlock()
  for (const request of requests) block.append(request, project)
  return block.take()
}

const rowsOf = (blocks: readonly Buffer[]) => blocks.flatMap((block) => readNative(block))

test('blocks of recorded requests become one block of the same rows', () => {
  const blocks = captureNames('genkit', 'otel').flatMap((name) => captureBlocks(name))
  expect(blocks.length).toBeGreaterThan(5)
  blocks.push(spanBlock('many', manySpans(0, 500)), spanBlock('others', manySpans(1, 3), manySpans(2, 1)))
  const merged = mergeBlocks(blocks)
  expect(layoutOf(merged)?.rows).toBe(rowsOf(blocks).length)
  expect(readNative(merged)).toEqual(rowsOf(blocks))
})

test('indexes of one, two and four bytes become such that hold all texts', () => {
  for (const count of [50, 200, 30_000]) {
    const blocks = ['a', 'b', 'a', 'c'].map((prefix) =>
      dictionaryBlock(Array.from({ length: count }, (_, at) => `${prefix}${at}`)),
    )
    const merged = readNative(mergeBlocks(blocks)).map(({ text }) => text)
    expect(merged.join()).toBe(
      rowsOf(blocks)
        .map(({ text }) => text)
        .join(),
    )
  }
})

function dictionaryBlock(texts: readonly string[]): Buffer {
  const block = new Block([{ name: 'text', type: 'LowCardinality(String)' }])
  const column = block.column('text', DictionaryColumn)
  for (const text of texts) column.text(block.rows++, text)
  return block.take()
}

test('merging merged blocks changes nothing', () => {
  const blocks = Array.from({ length: 9 }, (_, at) => spanBlock(`p${at % 2}`, manySpans(at, 20)))
  const [first, second, third] = [blocks.slice(0, 3), blocks.slice(3, 8), blocks.slice(8)].map((part) =>
    mergeBlocks(part),
  )
  expect(mergeBlocks([first!, second!, third!])).toEqual(mergeBlocks(blocks))
})

test('what is no block stays between the blocks that are', () => {
  const [one, two, three] = [0, 1, 2].map((at) => spanBlock('p', manySpans(at, 5)))
  const odd = Buffer.from('this is not a block')
  const merged = mergeBlocks([one!, two!, odd, three!])
  expect(merged).toEqual(Buffer.concat([mergeBlocks([one!, two!]), odd, three!]))
  expect(mergeBlocks([odd])).toEqual(odd)
})

test('a block that was cut or changed is taken as it is, or is read as something', () => {
  const good = spanBlock('p', manySpans(0, 20))
  for (let length = 0; length < good.length; length++)
    expect(layoutOf(good.subarray(0, length))).toBeUndefined()
  const random = new Random(7)
  for (let time = 0; time < 3000; time++) {
    const changed = Buffer.from(good)
    changed[random.below(good.length)] = random.below(256)
    expect(mergeBlocks([good, changed]).length).toBeGreaterThan(good.length)
  }
})

function captureBlocks(name: string): Buffer[] {
  return readCapture(name).requests.map(({ body, contentType }) =>
    spanBlock(name, contentType.includes('json') ? protobufOfJson(body) : body),
  )
}
