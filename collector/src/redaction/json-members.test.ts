import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replaceMembers } from './json-members.ts'

const redact = (text: string) => {
  const latin1 = Buffer.from(text).toString('latin1')
  const kept = replaceMembers(latin1, (key) => (key === 'password' ? () => 'GONE' : undefined))
  return Buffer.from(kept, 'latin1').toString()
}
const nested = (value: unknown) => JSON.stringify({ arguments: JSON.stringify(value) })

test.for([
  ['{"password":"x","a":1}', '{"password":"GONE","a":1}'],
  ['{ "password" :\n "a\\"b" , "b": "password" }', '{ "password" :\n "GONE" , "b": "password" }'],
  ['{"password":{"a":["}","]"],"b":{}},"c":2}', '{"password":"GONE","c":2}'],
  ['[{"password":[1,[2]]},{"password":null}]', '[{"password":"GONE"},{"password":"GONE"}]'],
  ['{"password":-1.5e3}', '{"password":"GONE"}'],
  ['{"pass\\u0077ord":true}', '{"pass\\u0077ord":"GONE"}'],
  // Cut off, and amid prose.
  ['{"a":"b","password":"hunt', '{"a":"b","password":"GONE"'],
  ['{"password":{"a":"b', '{"password":"GONE"'],
  ['a 5" pipe: {"password":"x"} "', 'a 5" pipe: {"password":"GONE"} "'],
  ['{"password":"x"}\n{"password":"y"}', '{"password":"GONE"}\n{"password":"GONE"}'],
  // Text inside strings, once and twice.
  [nested({ password: 'x', é: '\n' }), nested({ password: 'GONE', é: '\n' })],
  [nested({ in: nested({ password: 'ü' }) }), nested({ in: nested({ password: 'GONE' }) })],
  ['{"arguments":"{\\"password\\":\\"hun', '{"arguments":"{\\"password\\":\\"GONE\\"'],
  ['{"arguments":"{\\"password\\":\\"hun\\u00', '{"arguments":"{\\"password\\":\\"GONE\\"'],
])('%s', ([text, expected]) => {
  expect(redact(text!)).toBe(expected)
})

test.for([
  '',
  '"',
  '{"a":"\\"',
  '"password" is a word',
  '{"passwords":"x"}',
  '{"password":',
  'ü"é":1',
  '\\"password\\": 1',
])('nothing to replace: %s', (text) => {
  const latin1 = Buffer.from(text).toString('latin1')
  expect(replaceMembers(latin1, (key) => (key === 'password' ? () => 'GONE' : undefined))).toBe(latin1)
})

test('what JSON.parse reads afterwards is what was meant, in any document', () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'grapheme' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(null, true, '"password":1', '\\"', 'password'),
      fc.array(tie('tree')),
      fc.dictionary(
        fc.oneof(fc.constantFrom('password', 'other'), fc.string({ unit: 'grapheme' })),
        tie('tree'),
      ),
    ),
  }))
  fc.assert(
    fc.property(tree, fc.constantFrom(undefined, 2), (value, space) => {
      const expected = JSON.parse(JSON.stringify(value), (key, member) =>
        key === 'password' ? 'GONE' : member,
      )
      const kept = JSON.parse(redact(JSON.stringify(value, null, space)))
      // Strings may hold JSON text of their own, such as the constant above.
      const plain = (document: unknown) =>
        JSON.stringify(document).replaceAll('\\"password\\":1', '\\"password\\":\\"GONE\\"')
      expect(plain(kept)).toBe(plain(expected))
    }),
    { numRuns: 2_000 },
  )
})
