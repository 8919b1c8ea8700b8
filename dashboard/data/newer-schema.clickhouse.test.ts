import { createStore, execute, insert, migrate } from '@weir/store'
import { expect, inject, test, vi } from 'vitest'
import { GET } from '#app/readyz/route.ts'
import { readStore } from './store.ts'
import { explainStoreError } from './store-problem.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    clickhouseUrl: string
  }
}

test('a database that a newer version has migrated is explained, not shown', async () => {
  const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
  const store = createStore({ url: inject('clickhouseUrl'), database })
  await migrate(store)
  await insert(store, 'migrations', [{ name: '999_later.sql' }])
  vi.stubEnv('WEIR_CLICKHOUSE_URL', store.url)
  vi.stubEnv('WEIR_CLICKHOUSE_DATABASE', database)

  const problem = explainStoreError(await readStore(async () => undefined).catch((error: unknown) => error))
  expect(problem?.title).toBe('The database is of a newer Weir')
  expect(problem?.detail).toContain('999_later')
  const ready = await GET()
  expect([ready.status, await ready.text()]).toEqual([503, 'The database is of a newer Weir\n'])

  // As soon as it is ours it is shown, without a restart.
  await execute(store, `DELETE FROM migrations WHERE name = '999_later.sql'`)
  expect((await GET()).status).toBe(200)

  vi.unstubAllEnvs()
  await readStore((opened) => opened.close())
  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database })
  await store.close()
})
