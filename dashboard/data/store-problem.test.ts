import { createStore, storeOptionsFromEnv } from '@weir/store'
import { expect, test } from 'vitest'
import { explainStoreError } from './store-problem.ts'

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('expected it to fail')
    },
    (error: unknown) => error,
  )
}

test('a ClickHouse that is away is explained with what to do', async () => {
  // Port 1 is reserved: nothing listens there.
  const store = createStore({ url: 'http://127.0.0.1:1', database: 'weir' })
  const problem = explainStoreError(await failure(store.client.query({ query: 'SELECT 1' })))
  expect(problem?.title).toBe('ClickHouse does not answer')
  expect(problem?.advice).toContain('weir up')
  await store.close()
})

test('a wrong variable is named', () => {
  let error: unknown
  try {
    storeOptionsFromEnv({ WEIR_CLICKHOUSE_URL: 'not a url' })
  } catch (thrown) {
    error = thrown
  }
  expect(explainStoreError(error)?.detail).toContain('WEIR_CLICKHOUSE_URL')
})

test('an error of our own is not blamed on the store', () => {
  expect(explainStoreError(new TypeError('x is undefined'))).toBeUndefined()
  expect(explainStoreError('text')).toBeUndefined()
})
