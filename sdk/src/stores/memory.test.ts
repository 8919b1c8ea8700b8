import { describe, test } from 'vitest'
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
