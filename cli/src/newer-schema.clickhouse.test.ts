import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, run, testDatabase, WEIR } from '@weir/engines/testing'
import { createStore, execute, insert, migrate, type Store } from '@weir/store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { untilMigrated } from './until-migrated.ts'

const REFUSED =
  /^weir: the database `\w+` was brought to 999_later by a newer Weir; this one knows the schema up to \w+\. /m

let store: Store
let directory: string
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  const database = testDatabase()
  store = createStore({ url: inject('clickhouseUrl'), database })
  await migrate(store)
  await insert(store, 'migrations', [{ name: '999_later.sql' }])
  directory = await mkdtemp(join(tmpdir(), 'weir-newer-'))
  const [redis, worker, collector] = await freePorts(3)
  env = {
    PATH: process.env.PATH,
    WEIR_HOME: join(directory, 'home'),
    WEIR_CLICKHOUSE_URL: store.url,
    WEIR_CLICKHOUSE_DATABASE: database,
    WEIR_REDIS_URL: `redis://127.0.0.1:${redis}`,
    WEIR_WORKER_PORT: String(worker),
    WEIR_ENDPOINT: `http://127.0.0.1:${collector}`,
  }
})
afterAll(async () => {
  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database: store.database })
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const weir = (...args: string[]) => run([WEIR, ...args], env, directory)

test.for([['worker'], ['keys', 'list'], ['export', '--run', 'x'], ['dataset', 'list'], ['monitor', 'list']])(
  'weir %s refuses a database of a newer version with exit code 2',
  async (args) => {
    const { code, stderr } = await weir(...args)
    expect(stderr).toMatch(REFUSED)
    expect(code).toBe(2)
  },
)

test('status and doctor say it', async () => {
  const status = await weir('status')
  expect(status.code).toBe(3)
  expect(status.stdout).toMatch(/^store: the database `\w+` was brought to 999_later/m)
  expect((await weir('doctor')).stdout).toMatch(/schema .*was brought to 999_later/)
})

test('endless patience is for a ClickHouse that is away, not for a newer schema', async () => {
  await expect(untilMigrated(store, Number.POSITIVE_INFINITY)).rejects.toThrow('999_later')
})
