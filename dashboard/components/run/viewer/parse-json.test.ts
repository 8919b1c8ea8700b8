import { expect, test } from 'vitest'
import { BigNumber, parseJson } from './parse-json.ts'

test('objects and arrays are trees; scalars, text and broken JSON stay text', () => {
  expect(parseJson(' {"a":[1]}')).toEqual({ value: { a: [1] } })
  for (const text of ['1', '"x"', 'null', 'plain [text', '{"a":', '[not json]'])
    expect(parseJson(text)).toBeUndefined()
})

test('what was recorded as text is no JSON, whatever it looks like', () => {
  expect(parseJson('[1]', 'text')).toBeUndefined()
  expect(parseJson('[1]', 'json')).toEqual({ value: [1] })
})

test('integers beyond 2^53 keep their digits', () => {
  expect(parseJson('[9007199254740993, 1.5, 3]')).toEqual({
    value: [new BigNumber('9007199254740993'), 1.5, 3],
  })
})
