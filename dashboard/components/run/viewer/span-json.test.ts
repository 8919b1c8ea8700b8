import type { SpanDetail } from '@weir/store/pages'
import { expect, test } from 'vitest'
import { toSpanJson } from './span-json.ts'

const values = {
  ...{ input: 'x'.repeat(30_000), inputType: 'text', inputLength: 90_000 },
  ...{ output: '42', outputType: 'json', outputLength: 0, metadata: '' },
}
const nothing = { startUnixNano: 0n, attributes: [], resourceAttributes: [], events: [], links: [] }
const detail = { ...values, ...nothing } as unknown as SpanDetail

test('a value keeps its type, and how long it was before it was cut when it was recorded', () => {
  const { input, output } = toSpanJson(detail, false)
  expect(input).toMatchObject({ length: 30_000, type: 'text', originalLength: 90_000 })
  expect(input.text.length).toBeLessThan(30_000)
  expect(output).toEqual({ text: '42', length: 2, type: 'json', originalLength: 0 })
  expect(toSpanJson(detail, true).input.text).toHaveLength(30_000)
})
