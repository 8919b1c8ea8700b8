import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, inject, test } from 'vitest'
import { pingUrl, StoreSilentError, whileAnswering } from './answer.ts'
import { createStore, rows } from './store.ts'

const url = inject('clickhouseUrl')

test('a query that takes longer than a ping may goes on while pings are answered', async () => {
  const store = createStore({ url, database: 'default' })
  const slow = whileAnswering(store, (bound) => rows(bound, 'SELECT sleep(2) AS slept'), 500)
  expect(await slow).toEqual([{ slept: 0 }])
  await store.close()
})

test('ClickHouse itself ends a query that takes longer than a store allows', async () => {
  const store = createStore({ url, database: 'default', maxExecutionSeconds: 1 })
  const endless = rows(
    store,
    'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))',
  )
  await expect(endless).rejects.toMatchObject({ type: 'TIMEOUT_EXCEEDED' })
  await store.close()
})

test('a server that takes connections and says nothing is named, and what was asked of it ends', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const place = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const store = createStore({ url: place.replace('//', '//me:secret@'), database: 'default' })
  let read: Promise<unknown> | undefined
  const silent = whileAnswering(store, (bound) => (read = rows(bound, 'SELECT 1')), 200)
  await expect(silent).rejects.toThrow(new StoreSilentError(`no answer from ${place} within 0.2 s`))
  await expect(read).rejects.toThrow(/abort/)
  await store.close()
  server.close()
})

test('a ping carries no password', () => {
  expect(pingUrl('http://me:secret@db:8123')).toBe('http://db:8123/ping')
})
