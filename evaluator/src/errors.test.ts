import { expect, test } from 'vitest'
import { lineOf, messageOf } from './errors.ts'

const looped = new AggregateError([], '')
looped.errors.push(looped)

test.each([
  ['an error', new Error('away'), 'away'],
  ['several errors', new AggregateError([new Error('a'), 'b'], ''), 'a; b'],
  ['a text', 'away', 'away'],
  ['nothing', undefined, 'undefined'],
  ['an error whose message is no text', Object.assign(new Error(), { message: Symbol('s') }), 'Symbol(s)'],
  ['an object without words', Object.create(null), 'something that has no words (object)'],
  ['a revoked proxy', revoked(), 'something that has no words (object)'],
  ['an error that is its own cause', looped, 'something that has no words (object)'],
])('%s has words', (_, thrown, words) => {
  expect(messageOf(thrown)).toEqual(words)
})

test('a log line has the beginning of the first line, however long the query is that the error repeats', () => {
  const line = lineOf(new Error(`No such column. In scope SELECT ${'a'.repeat(1_000_000)}\nmore`))
  expect(line).toMatch(/^No such column\. In scope SELECT a+$/)
  expect(line).toHaveLength(500)
})

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
