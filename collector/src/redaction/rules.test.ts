import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { RedactionError } from './pattern.ts'
import { readRedactionRules } from './rules.ts'

const directory = mkdtempSync(join(tmpdir(), 'weir-rules-'))
const file = join(directory, 'redaction.json')
afterAll(() => rmSync(directory, { recursive: true }))

const read = (rules: unknown, salt?: string) => {
  writeFileSync(file, typeof rules === 'string' ? rules : JSON.stringify(rules))
  return readRedactionRules(file, salt)
}
const SALT = 'a salt of some length'

test('all forms of rules', () => {
  const { keys, values } = read(
    {
      action: 'hash',
      deny: ['*.token', { key: 'password', action: 'mask' }],
      allow: ['gen_ai.*'],
      values: ['email', { pattern: 'jwt', action: 'mask' }, { name: 'order', regex: 'ORD-\\d+' }],
    },
    SALT,
  )
  const value = Buffer.from('x')
  expect(keys.ofAttribute('a.token')?.marker(value)).toMatch(/^\[redacted:key:[0-9a-f]{16}\]$/)
  expect(keys.ofAttribute('password')?.marker(value)).toBe('[redacted:key]')
  expect(keys.ofAttribute('gen_ai.system')).toBeUndefined()
  expect(keys.ofAttribute('other')?.name).toBe('allow')
  expect(values.map(({ pattern, marker }) => `${pattern.name} ${marker(value).length}`)).toEqual([
    'email 33',
    'jwt 14',
    'order 33',
  ])
})

test('no list is the same as an empty one, but allowing nothing is not', () => {
  expect(read({}).keys.ofAttribute('a')).toBeUndefined()
  expect(read({ allow: [] }).keys.ofAttribute('a')?.name).toBe('allow')
})

test('a hash depends on the value and on the salt, not on the rule', () => {
  const hash = (rule: string, salt: string, value: string) =>
    read({ action: 'hash', deny: ['k'], values: ['email', 'jwt'] }, salt)
      .values.find(({ pattern }) => pattern.name === rule)!
      .marker(Buffer.from(value))
      .slice(-17)
  expect(hash('email', SALT, 'a')).toBe(hash('jwt', SALT, 'a'))
  expect(hash('email', SALT, 'a')).not.toBe(hash('email', SALT, 'b'))
  expect(hash('email', SALT, 'a')).not.toBe(hash('email', `${SALT}!`, 'a'))
})

test.for<[unknown, RegExp]>([
  ['{', /redaction\.json: not JSON: /],
  [[], /expected an object with action, deny, allow, values/],
  [{ denny: ['x'] }, /Unrecognized key: "denny", expected an object with action, deny, allow, values/],
  [{ action: 'drop' }, /action is "drop", expected .*"mask"\|"hash"/],
  [{ deny: 'x' }, /deny is "x", expected /],
  [{ deny: ['a', 7] }, /deny\[1\] is 7, expected a key such as "password"/],
  [{ deny: [{ key: 'a', action: 'drop' }] }, /deny\[0\] is \{"key":"a","action":"drop"\}, expected a key/],
  [{ values: ['emails'] }, /values\[0\] is "emails", expected one of email, credit-card, /],
  [
    { values: [{ name: 'A b', regex: 'x' }] },
    /values\[0\] is .*, expected .*"name": letters, digits and dashes/,
  ],
  [
    { values: ['jwt', { name: 'a', regex: '(' }] },
    /values\[1\]\.regex: .*missing closing \).*Expected RE2's syntax/,
  ],
  [{ values: [{ name: 'a', regex: 'a(?=b)' }] }, /no lookaround and no backreferences/],
  [{ values: [{ name: 'a', regex: 'x*' }] }, /`x\*` matches the empty text/],
  [{ values: ['jwt', { pattern: 'jwt', action: 'mask' }] }, /values has "jwt" twice/],
  [
    { action: 'hash', deny: ['x'] },
    /"hash" needs WEIR_REDACTION_SALT, .* it is not set\. Set it to a random text/,
  ],
])('%j is refused: %s', ([rules, message]) => {
  expect(() => read(rules)).toThrow(RedactionError)
  expect(() => read(rules)).toThrow(message)
  expect(() => read(rules)).toThrow(`WEIR_REDACTION=${file}`)
})

test('a byte order mark is no part of the rules, and another encoding is refused in words', () => {
  expect(read('\uFEFF{"deny":["a"]}').keys.ofAttribute('a')).toBeDefined()
  writeFileSync(file, Buffer.from('\uFEFF{}', 'utf16le'))
  expect(() => readRedactionRules(file, undefined)).toThrow(
    'the file is UTF-16, expected UTF-8: save it as UTF-8',
  )
})

test('a short salt and a missing file are refused', () => {
  expect(() => read({ action: 'hash', deny: ['x'] }, 'short')).toThrow('it has 5 characters')
  expect(() => readRedactionRules(join(directory, 'missing.json'), undefined)).toThrow(
    /cannot be read: ENOENT/,
  )
})
