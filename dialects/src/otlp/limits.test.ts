import { expect, test } from 'vitest'
import { SpanBlock } from '../columns/span-block.ts'
import { DENSE } from '../testing/dense-requests.ts'
import { manySpans } from '../testing/many-spans.ts'
import { protobufOfJson } from './json/request.ts'
import { MAX_MESSAGES, OversizeError } from './limits.ts'

const SOME = 200_000

test.for(Object.entries(DENSE))('%s: few are read, too many refused', ([, requestOf]) => {
  const block = new SpanBlock()
  expect(() => block.append(requestOf(SOME), 'default')).not.toThrow()
  const tooMany = requestOf(MAX_MESSAGES + 100)
  const { rows } = block
  expect(() => block.append(tooMany, 'default')).toThrow(OversizeError)
  expect(block.rows).toBe(rows)
})

const nothings = (count: number) => `[${'{},'.repeat(count - 1)}{}]`
test.for<[string, (items: string) => string]>([
  ['resources', (items) => `{"resourceSpans":${items}}`],
  ['spans', (items) => `{"resourceSpans":[{"scopeSpans":[{"spans":${items}}]}]}`],
  ['attributes', (items) => `{"resourceSpans":[{"resource":{"attributes":${items}}}]}`],
  ['resources that are null', (items) => `{"resourceSpans":${items.replaceAll('{}', 'null')}}`],
])('too many are refused as JSON: %s', ([, bodyOf]) => {
  expect(() => protobufOfJson(Buffer.from(bodyOf(nothings(SOME))))).not.toThrow()
  const tooMany = Buffer.from(bodyOf(nothings(MAX_MESSAGES + 1)))
  expect(() => protobufOfJson(tooMany)).toThrow(OversizeError)
})

test('64 MiB of spans are taken', () => {
  const batch = manySpans(0, 1000)
  const batches = Math.floor(2 ** 26 / batch.length)
  const request = Buffer.concat(Array.from({ length: batches }, () => batch))
  const block = new SpanBlock(2 ** 28)
  expect(block.append(request, 'default')).toEqual({ accepted: batches * 1000, invalid: 0 })
  expect(batches).toBeGreaterThan(400)
})
