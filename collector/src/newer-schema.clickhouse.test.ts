import { testDatabase } from '@weir/engines/testing'
import { execute, insert, migrate, rows } from '@weir/store'
import { expect, inject, test } from 'vitest'
import { createTestStore } from './testing/database.ts'
import { startTestCollector } from './testing/start-collector.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'
import { untilStored } from './testing/until-stored.ts'

const post = (url: string, spanId: string) => {
  const span = {
    traceId: '000102030405060708090a0b0c0d0e0f',
    spanId,
    name: 'a',
    startTimeUnixNano: '1767225600000000000',
  }
  return fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  })
}

test('a database of a newer version gets no span: they are refused, and those that were acknowledged are kept', async () => {
  const store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  await insert(store, 'migrations', [{ name: '999_later.sql' }])
  const walDirectory = temporaryDirectory()
  const asked = Promise.withResolvers<void>()
  const migrated = asked.promise.then(() => migrate(store))
  const collector = await startTestCollector({ store, walDirectory, migrated })
  // ClickHouse is not asked yet, as where it is away.
  expect((await post(collector.url, '0000000000000001')).status).toBe(200)
  asked.resolve()
  await migrated.catch(() => undefined)

  const refused = await post(collector.url, '0000000000000002')
  expect(refused.status).toBe(503)
  expect(refused.headers.has('retry-after')).toBe(true)
  const ready = await fetch(`${collector.url}/readyz`)
  expect(ready.status).toBe(503)
  expect(await ready.text()).toMatch(/was brought to 999_later by a newer Weir/)
  expect((await fetch(`${collector.url}/healthz`)).status).toBe(200)
  await collector.close()
  const count = () =>
    rows<{ ids: string[] }>(store, 'SELECT groupArray(lower(hex(span_id))) AS ids FROM spans')
  expect(await count()).toEqual([{ ids: [] }])

  // The version that knows the schema finds what was acknowledged.
  await execute(store, `DELETE FROM migrations WHERE name = '999_later.sql'`)
  const next = await startTestCollector({ store, walDirectory, migrated: migrate(store) })
  await untilStored(next)
  expect(await count()).toEqual([{ ids: ['0000000000000001'] }])
  await next.close()
  await store.drop()
})
