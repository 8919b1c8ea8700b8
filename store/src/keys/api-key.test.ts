import { expect, test } from 'vitest'
import { apiKeyId, generateApiKey, hashApiKey } from './api-key.ts'

test('a key shows what it is, carries its id, and is never the same twice', () => {
  const keys = Array.from({ length: 100 }, generateApiKey)
  for (const { text, id, hash } of keys) {
    expect(text).toMatch(/^weir_[0-9a-f]{12}_[0-9a-f]{64}$/)
    expect(apiKeyId(text)).toBe(id)
    expect(hash).toBe(hashApiKey(text))
    expect(hash).not.toContain(text.slice(-64))
  }
  expect(new Set(keys.map(({ id }) => id)).size).toBe(100)
  expect(new Set(keys.map(({ text }) => text.slice(-64))).size).toBe(100)
})

test('the hash is SHA-256, so that it can be checked with other tools', () => {
  expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test.for(['', 'weir_', 'weir_0123_4567', `weir_0123456789ab_${'0'.repeat(63)}`, ` ${generateApiKey().text}`])(
  'what is not a key has no id: %j',
  (text) => {
    expect(apiKeyId(text)).toBeUndefined()
  },
)
