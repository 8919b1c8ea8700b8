import pg from 'pg'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { storeContract } from './contract.ts'
import { postgresStore } from './postgres.ts'
import { checkHistories } from './testing.ts'

const connectionString = inject('postgresUrl')
const pool = new pg.Pool({ connectionString })
afterAll(() => pool.end())
const newTable = () => `t${crypto.randomUUID().slice(-11)}`

describe('contract', () => {
  const requirements = storeContract((table) => postgresStore({ connectionString }, { table }))
  test.each(requirements)('$name', ({ run }) => run())
})

test('random histories', async () => {
  await checkHistories(async () => {
    const table = newTable()
    return [postgresStore({ connectionString, max: 1 }, { table }), postgresStore(pool, { table })]
  }, 30)
})

test('a pool is not ended with its store', async () => {
  const store = postgresStore(pool, { table: newTable() })
  await store.get('a')
  await store.close()
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('stores that start together make one table, in its schema', async () => {
  await pool.query('CREATE SCHEMA "Of flows"')
  const table = `Of flows.${newTable()}`
  const stores = Array.from({ length: 10 }, () => postgresStore(pool, { table }))
  const written = await Promise.all(stores.map((store) => store.put('a', 'x')))
  expect(written.filter((version) => version !== undefined)).toHaveLength(1)
})

test('a table that exists needs no right to create', async () => {
  const table = newTable()
  await postgresStore(pool, { table }).put('a', 'x')
  const user = newTable()
  await pool.query(`CREATE ROLE ${user} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${user}`)
  const url = new URL(connectionString)
  url.username = user
  const store = postgresStore({ connectionString: url.href }, { table })
  expect(await store.put('b', 'x')).toBeGreaterThan(0)
  await store.close()
})

test('a server that does not answer rejects, and is asked again', async () => {
  const store = postgresStore({ host: '127.0.0.1', port: 1 })
  await expect(store.get('a')).rejects.toThrow()
  await expect(store.get('a')).rejects.toThrow()
  await store.close()
})
