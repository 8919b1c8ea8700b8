import { protobufOfJson, SpanBlock } from '@weir/dialects'
import { readNative, requestOf } from '@weir/dialects/testing'
import { expect, test } from 'vitest'
import { Rewriter } from './rewriter.ts'

const LIMIT = 1024
const rewriter = new Rewriter({
  rules: undefined,
  maxFieldBytes: LIMIT,
  observeRedaction: () => undefined,
  observeTruncation: () => undefined,
})
const text = (stringValue: string) => ({ stringValue })
const LONG = 'é🤖'.repeat(1000)

function rowOf(values: Readonly<Record<string, object>>): Record<string, unknown> {
  const attributes = Object.entries(values).map(([key, value]) => ({ key, value }))
  const request = protobufOfJson(Buffer.from(JSON.stringify(requestOf([{ name: LONG, attributes }]))))
  const block = new SpanBlock()
  block.append(rewriter.rewrite(request), 'default', rewriter.cuts)
  return readNative(block.take())[0]!
}

test('what was cut here says how many characters it had, whatever came before it', () => {
  const row = rowOf({ other: text(LONG), 'input.value': text(LONG), 'output.value': text('short') })
  expect(Buffer.byteLength(row.input as string)).toBeLessThanOrEqual(LIMIT)
  expect(row).toMatchObject({ input_length: LONG.length, output_length: 0 })
})

test('what the client cut before says how many characters it had there', () => {
  const said = { 'weir.input.length': { intValue: '1000000' }, 'weir.output.length': { intValue: '7' } }
  const row = rowOf({ 'input.value': text(LONG), 'output.value': text(LONG), ...said })
  expect(row).toMatchObject({ input_length: 1_000_000, output_length: LONG.length })
})

test('of two attributes that may be the input only the one that is counts', () => {
  expect(rowOf({ 'input.value': text('short'), 'genkit:input': text(LONG) })).toMatchObject({
    input: 'short',
    input_length: 0,
  })
})

test('all that was cut out of a list counts', () => {
  const values = [text(LONG), text(LONG)]
  const row = rowOf({ 'input.value': { arrayValue: { values } } })
  expect(row.input_length).toBe(JSON.stringify([LONG, LONG]).length)
})

test('a request in which nothing was cut knows nothing of the one before', () => {
  rowOf({ 'input.value': text(LONG) })
  expect(rewriter.cuts).not.toEqual([])
  rewriter.rewrite(Buffer.alloc(0))
  expect(rewriter.cuts).toEqual([])
})
