import { expect, test } from 'vitest'
import { foldIndexed } from './fold.ts'

test('items come in the order of their numbers, gaps close', () => {
  const entries = [
    ['10.role', 'b'],
    ['2.role', 'a'],
    ['999999999.role', 'c'],
  ] as const
  expect(foldIndexed(entries)).toBe('[{"role":"a"},{"role":"b"},{"role":"c"}]')
})

test('the wrapping segment is left out', () => {
  const entries = [
    ['0.message.role', 'user'],
    ['0.message.contents.0.message_content.text', 'hi'],
    ['1.other', 1],
  ] as const
  expect(foldIndexed(entries, 'message')).toBe(
    '[{"role":"user","contents":[{"message_content":{"text":"hi"}}]},{"other":1}]',
  )
})

test('a value above other values gives way, names of Object are only names', () => {
  const entries = [
    ['0.a', 'gone'],
    ['0.a.b', 'kept'],
    ['0.a', 'late'],
    ['0.__proto__.x', 'y'],
  ] as const
  expect(foldIndexed(entries)).toBe('[{"a":{"b":"kept"},"__proto__":{"x":"y"}}]')
})
