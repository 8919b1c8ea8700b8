import { expect, test } from 'vitest'
import { messageOf } from './errors.ts'

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

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
