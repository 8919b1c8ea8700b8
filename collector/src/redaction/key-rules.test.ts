import { expect, test } from 'vitest'
import { KeyRules } from './key-rules.ts'

const rule = (name: string) => ({ name, pattern: name, marker: () => name })
const denied = (patterns: string[], key: string) =>
  new KeyRules(patterns.map(rule), [], undefined).ofAttribute(key)?.name

test.for([
  ['password', 'password', true],
  ['password', 'Password', true],
  ['password', 'user.password', false],
  ['*password*', 'user.Password_hash', true],
  ['*.token', 'a.b.token', true],
  ['*.token', 'token', false],
  ['http.*.header.*', 'http.request.header.authorization', true],
  ['http.*.header.*', 'http.header.x', false],
  ['a*a', 'a', false],
  ['*', '', true],
  ['a**b', 'ab', true],
  ['p.s', 'pxs', false],
] as const)('%s matches %s: %s', ([pattern, key, expected]) => {
  expect(denied([pattern], key)).toBe(expected ? pattern : undefined)
})

test('a key of many bytes meets a pattern of many stars', () => {
  expect(denied(['*a*a*a*a*a*a*a*b'], 'a'.repeat(100_000))).toBeUndefined()
})

test('what is not allowed is forbidden, what is denied even if it is allowed; members are denied only', () => {
  const rules = new KeyRules([rule('user.email')], ['user.*', 'gen_ai.*'], rule('allow'))
  const names = (of: 'ofAttribute' | 'ofMember') =>
    ['user.id', 'gen_ai.system', 'user.email', 'other'].map((key) => rules[of](key)?.name)
  expect(names('ofAttribute')).toEqual([undefined, undefined, 'user.email', 'allow'])
  expect(names('ofMember')).toEqual([undefined, undefined, 'user.email', undefined])
  // The same from the cache.
  expect(names('ofAttribute')).toEqual([undefined, undefined, 'user.email', 'allow'])
})

test('keys beyond ASCII are given as their bytes', () => {
  expect(denied(['schlüssel'], Buffer.from('schlüssel').toString('latin1'))).toBe('schlüssel')
})

test('whether a request can have a forbidden key is told from its text', () => {
  const may = (patterns: string[], request: string, allow?: string[]) =>
    new KeyRules(patterns.map(rule), allow ?? [], allow && rule('allow')).mayForbid(request)
  expect(may(['*.api_key', 'pass*'], 'a b c')).toBe(false)
  expect(may(['*.api_key'], 'xAPI_KEY')).toBe(false)
  expect(may(['*.api_key'], '\n\x0ax.API_KEY')).toBe(true)
  expect(may(['pass*'], '"PASSWORD"')).toBe(true)
  expect(may(['password'], '"pass\\u0077ord"')).toBe(true)
  expect(may(['*', 'x'], '')).toBe(true)
  expect(may(['schlüssel'], '')).toBe(true)
  expect(may([], 'a')).toBe(false)
  expect(may([], 'a', ['a'])).toBe(true)
})
