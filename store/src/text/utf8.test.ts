import { expect, it } from 'vitest'
import { decodeUtf8 } from './utf8.ts'

it.each([
  ['{"a":"é🜁"}', 'utf8'],
  ['\uFEFF{"a":"é🜁"}', 'utf8'],
] as const)('%j in %s is its text, without a byte order mark', (text, encoding) => {
  expect(decodeUtf8(Buffer.from(text, encoding))).toBe('{"a":"é🜁"}')
})

it('is empty where the file is', () => {
  expect(decodeUtf8(Buffer.alloc(0))).toBe('')
})

const UTF_16 = Buffer.from('\uFEFF{"a":1}', 'utf16le')

it.each([
  ['little endian', UTF_16],
  ['big endian', Buffer.from(UTF_16).swap16()],
  ['without a mark', UTF_16.subarray(2)],
  ['big endian, without a mark', Buffer.from(UTF_16).swap16().subarray(2)],
])('UTF-16 is refused in words: %s', (_, bytes) => {
  expect(() => decodeUtf8(bytes)).toThrow('is UTF-16, expected UTF-8: save it as UTF-8')
})

it('bytes that are no UTF-8 are refused, not replaced', () => {
  expect(() => decodeUtf8(Buffer.from('{"a":"é"}', 'latin1'))).toThrow('is not UTF-8')
})
