import { expect, test, vi } from 'vitest'
import { migrate } from './migrate.ts'
import { createStore } from './store.ts'

test('a server that does not answer is an error for the caller and nothing that is printed', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const store = createStore({ url: 'http://127.0.0.1:1', database: 'weir' })
  await expect(migrate(store)).rejects.toThrow('ECONNREFUSED')
  expect(printed).not.toHaveBeenCalled()
  printed.mockRestore()
  await store.close()
})
