import { expect, test } from 'vitest'
import { cutValue } from './cut-value.ts'

test('a value travels as far as its last whole character within the bound', () => {
  const text = `${'a'.repeat(19_999)}😀`
  expect(cutValue(text)).toEqual({ text: 'a'.repeat(19_999), length: 20_001 })
  expect(cutValue(text, true)).toEqual({ text, length: 20_001 })
})
