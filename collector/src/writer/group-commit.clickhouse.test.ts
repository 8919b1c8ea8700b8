import { testDatabase } from '@weir/engines/testing'
import { rows } from '@weir/store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { protobufOfJson } from '../decode/json.ts'
import { createTestStore, type TestStore } from '../testing/database.ts'
import { requestOf } from '../testing/normalised.ts'
import { startProxy } from '../testing/proxy.ts'
import { ClickHouseWriter } from './clickhouse-writer.ts'
import { GroupCommit } from './group-commit.ts'
import { InsertError } from './insert-error.ts'
import { Ledger } from './ledger.ts'

let store: TestStore

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
})
afterAll(() => store?.drop())

function request(traceId: string, spans = 1): Buffer {
  return protobufOfJson(
    Buffer.from(JSON.stringify(requestOf(Array.from({ length: spans }, () => ({ traceId }))))),
  )
}

function start(project: string, { url = store.url, database = store.database } = {}) {
  const writer = new ClickHouseWriter({ url, database, timeout: 10_000 })
  const ledger = new Ledger()
  const inserts: number[] = []
  const commits = new GroupCommit(writer, ledger, {
    project,
    wait: 2,
    groupBytes: 1_000_000,
    requestBytes: 1_000_000,
    parallel: 2,
    observe: (_seconds, spans) => inserts.push(spans),
  })
  return { commits, ledger, inserts, writer }
}

/** Rows as they are in the table, before spans that came twice are one. */
async function count(project: string): Promise<number> {
  const query = 'SELECT count() AS count FROM spans WHERE project = {project: String}'
  const [row] = await rows<{ count: number }>(store, query, { project })
  return row!.count
}

test('requests that come together share one insert', async () => {
  const { commits, inserts, ledger } = start('together')
  const traces = Array.from({ length: 50 }, (_, at) => (at + 1).toString(16).padStart(32, '0'))
  await Promise.all(traces.map((traceId) => commits.add(request(traceId, 2)).stored))
  expect(inserts).toEqual([100])
  expect(await count('together')).toBe(100)
  expect(ledger.snapshot()).toMatchObject({ received: 100, stored: 100, pending: 0 })
})

test('a broken request does not touch the group that it came into', async () => {
  const { commits, inserts } = start('broken')
  const first = commits.add(request('11'.repeat(16)))
  const cut = request('22'.repeat(16), 3).subarray(0, -9)
  expect(() => commits.add(cut)).toThrow('byte')
  const second = commits.add(request('33'.repeat(16)))
  await Promise.all([first.stored, second.stored])
  expect(inserts).toEqual([2])
  expect(await count('broken')).toBe(2)
})

test('an insert whose answer is lost is repeated and stored once', async () => {
  const proxy = await startProxy(store.url)
  const { commits, ledger } = start('lost', { url: proxy.url })
  proxy.cutNextAnswer()
  await commits.add(request('44'.repeat(16), 5)).stored
  expect(await count('lost')).toBe(5)
  expect(ledger.snapshot()).toMatchObject({ received: 5, stored: 5, pending: 0 })
  await proxy.shut()
})

test('while ClickHouse is away senders are told, and later spans are stored', async () => {
  const proxy = await startProxy(store.url)
  const { commits, ledger, writer } = start('away', { url: proxy.url })
  await proxy.shut()
  await expect(commits.add(request('55'.repeat(16))).stored).rejects.toThrow('cannot be reached')
  await expect(writer.ping()).rejects.toThrow(InsertError)
  await proxy.open()
  await commits.add(request('55'.repeat(16))).stored
  await writer.ping()
  expect(await count('away')).toBe(1)
  expect(ledger.snapshot()).toEqual({
    received: 2,
    stored: 1,
    pending: 0,
    rejected: { invalid_id: 0, unavailable: 1 },
  })
  await proxy.shut()
})

test('what ClickHouse refuses is an error with its words', async () => {
  const { commits } = start('refused', { database: 'weir_test_missing' })
  await expect(commits.add(request('66'.repeat(16))).stored).rejects.toThrow(/weir_test_missing/)
})

test('draining stores what waits', async () => {
  const { commits, ledger } = start('drain')
  const stored = Array.from({ length: 3 }, () => commits.add(request('77'.repeat(16))).stored)
  expect(ledger.snapshot().pending).toBe(3)
  expect(commits.pendingBytes).toBeGreaterThan(0)
  await commits.drain()
  await Promise.all(stored)
  expect(ledger.snapshot()).toMatchObject({ stored: 3, pending: 0 })
  expect(commits.pendingBytes).toBe(0)
})
