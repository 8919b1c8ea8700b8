import { describe, expect, test } from 'vitest'
import { storeContract } from './contract.ts'
import { memoryStore } from './memory.ts'
import type { Store } from './store.ts'
import { checkHistories } from './testing.ts'

describe('contract', () => {
  const spaces = new Map<string, Store>()
  const requirements = storeContract((space) => {
    const store = spaces.get(space) ?? memoryStore()
    spaces.set(space, store)
    return store
  })
  test.each(requirements)('$name', ({ run }) => run())
})

test('random histories', async () => {
  await checkHistories(async () => {
    const store = memoryStore()
    return [store, store]
  }, 500)
})

test('ten thousand keys, in any order, are listed in theirs until the last is deleted', async () => {
  const store = memoryStore()
  const numbers = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_000)
  const keyOf = (number: number) => `k${String(number).padStart(4, '0')}`
  for (const number of numbers) await store.put(keyOf(number), 'x')
  const limit = 20_000
  const keys = async () => (await store.list('', { limit })).map(({ key }) => key)
  expect(await keys()).toEqual(numbers.map(keyOf).toSorted())
  expect(await store.list('', { after: keyOf(4999), limit: 1 })).toMatchObject([{ key: keyOf(5000) }])
  for (const { key, version } of await store.list('k1', { limit })) await store.delete(key, version)
  expect(await keys()).toEqual(
    numbers
      .map(keyOf)
      .filter((key) => !key.startsWith('k1'))
      .toSorted(),
  )
  for (const { key, version } of await store.list('', { limit })) await store.delete(key, version)
  expect(await keys()).toEqual([])
  await store.put('a', 'x')
  expect(await keys()).toEqual(['a'])
})
