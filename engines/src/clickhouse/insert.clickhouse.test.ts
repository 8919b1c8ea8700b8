import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { createClient } from '@clickhouse/client'
import { expect, inject, test } from 'vitest'
import { rowsOf, useDatabase } from '../testing/database.ts'

const client = useDatabase()
const columns =
  "id UInt64, name String DEFAULT concat('n', toString(id)), at DateTime64(9, 'UTC'), tags Map(String, String), twice UInt64 MATERIALIZED id * 2"

async function table(name: string, settings = ''): Promise<string> {
  await client.command({
    query: `CREATE TABLE ${name} (${columns}) ENGINE = MergeTree ORDER BY id ${settings}`,
  })
  return name
}

async function count(name: string): Promise<number> {
  return Number((await rowsOf<{ c: string }>(client, `SELECT count() AS c FROM ${name}`))[0]?.c)
}

test('values as JSONEachRow, with defaults for what is missing', async () => {
  const t = await table('json_rows')
  const big = 18446744073709551615n
  const json = {
    parse: JSON.parse,
    stringify: (value: unknown) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
  }
  const writer = createClient({
    url: inject('clickhouseUrl'),
    database: (await rowsOf<{ d: string }>(client, 'SELECT currentDatabase() AS d'))[0]?.d ?? '',
    json,
  })
  await writer.insert({
    table: t,
    values: [
      { id: big, at: '2024-02-29 12:34:56.123456789', tags: { a: "it's" } },
      { id: 2, name: 'two' },
    ],
    format: 'JSONEachRow',
  })
  await writer.close()
  expect(await rowsOf(client, `SELECT id, name, at, tags FROM ${t} ORDER BY id`)).toEqual([
    { id: '2', name: 'two', at: '1970-01-01 00:00:00.000000000', tags: {} },
    { id: String(big), name: `n${big}`, at: '2024-02-29 12:34:56.123456789', tags: { a: "it's" } },
  ])
})

test('a Date', async () => {
  const t = await table('dates')
  const clickhouse_settings = { date_time_input_format: 'best_effort' } as const
  await client.insert({
    table: t,
    values: [{ id: 1, at: new Date('2024-02-29T12:34:56.789Z') }],
    format: 'JSONEachRow',
    clickhouse_settings,
  })
  expect(await rowsOf(client, `SELECT at FROM ${t}`)).toEqual([{ at: '2024-02-29 12:34:56.789000000' }])
})

test('a stream of rows, of named columns', async () => {
  const t = await table('streamed')
  const rows = Readable.from(
    (function* () {
      for (let id = 0; id < 50_000; id++) yield { id, name: `row ${id}` }
    })(),
  )
  await client.insert({ table: t, values: rows, format: 'JSONEachRow', columns: ['id', 'name'] })
  expect(await rowsOf(client, `SELECT count() AS c, sum(id) AS s, uniqExact(name) AS u FROM ${t}`)).toEqual([
    { c: '50000', s: '1249975000', u: '50000' },
  ])
})

test('CSV, JSONCompactEachRow and RowBinary', async () => {
  const t = await table('formats')
  await client.insert({
    table: t,
    values: Readable.from(['1,"a, b"\n2,c\n'], { objectMode: false }),
    format: 'CSV',
    columns: ['id', 'name'],
  })
  await client.insert({ table: t, values: [[3, 'c']], format: 'JSONCompactEachRow', columns: ['id', 'name'] })
  const binary = Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 1, 0x64])
  await client.exec({
    query: `INSERT INTO ${t} (id, name) FORMAT RowBinary`,
    values: Readable.from([binary]),
  })
  expect(await rowsOf(client, `SELECT id, name FROM ${t} ORDER BY id`)).toEqual([
    { id: '1', name: 'a, b' },
    { id: '2', name: 'c' },
    { id: '3', name: 'c' },
    { id: '4', name: 'd' },
  ])
})

async function native(query: string): Promise<Buffer> {
  const { stream } = await client.exec({ query: `${query} FORMAT Native` })
  return Buffer.concat(await stream.toArray())
}

test('Native of several blocks, with defaults and other types', async () => {
  const t = await table('native_rows')
  const body = await native(
    "SELECT toUInt32(number) AS id, map('k', toString(number)) AS tags FROM numbers(200000)",
  )
  await client.exec({ query: `INSERT INTO ${t} FORMAT Native`, values: Readable.from([body]) })
  await client.exec({ query: `INSERT INTO ${t} (id) FORMAT Native`, values: Readable.from([body]) })
  const query = `SELECT count() AS c, uniqExact(name) AS u, sum(twice) = 2 * sum(id) AS m, countIf(tags['k'] = toString(id)) AS k FROM ${t}`
  expect(await rowsOf(client, query)).toEqual([{ c: '400000', u: '200000', m: 1, k: '200000' }])
})

test('a body that is no Native', async () => {
  const t = await table('broken')
  const values = Readable.from([Buffer.from('this is not a block')])
  await expect(client.exec({ query: `INSERT INTO ${t} FORMAT Native`, values })).rejects.toThrow()
  expect(await count(t)).toBe(0)
})

test('values in the statement, and from a query', async () => {
  const t = await table('inline')
  await client.command({
    query: `INSERT INTO ${t} (id, name) VALUES (1, 'FORMAT x'), ({two:UInt64}, 'b')`,
    query_params: { two: 2 },
  })
  await client.command({ query: `INSERT INTO ${t} (id) SELECT number FROM numbers(10, 3)` })
  expect(await count(t)).toBe(5)
})

test('statement and rows in one body, compressed', async () => {
  const t = await table('one_body')
  const database = (await rowsOf<{ d: string }>(client, 'SELECT currentDatabase() AS d'))[0]?.d
  const body = gzipSync(`INSERT INTO ${database}.${t} FORMAT JSONEachRow\n{"id":1}\n{"id":2}\n`)
  const response = await fetch(inject('clickhouseUrl'), {
    method: 'POST',
    body,
    headers: { 'Content-Encoding': 'gzip' },
  })
  expect([response.status, await response.text()]).toEqual([200, ''])
  expect(await count(t)).toBe(2)
})

test('a token deduplicates an insert of several parts, also through a view', async () => {
  const window = 'SETTINGS non_replicated_deduplication_window = 100'
  const t = await table('deduplicated', window)
  await client.command({
    query: `CREATE TABLE sums (c UInt64) ENGINE = SummingMergeTree ORDER BY tuple() ${window}`,
  })
  await client.command({
    query: `CREATE MATERIALIZED VIEW sums_view TO sums AS SELECT count() AS c FROM ${t}`,
  })
  const body = await native('SELECT number AS id FROM numbers(300000)')
  const clickhouse_settings = {
    insert_deduplication_token: 'segment-1',
    max_insert_block_size: '100000',
    min_insert_block_size_rows: '100000',
    deduplicate_blocks_in_dependent_materialized_views: 1,
  } as const
  for (let i = 0; i < 3; i++) {
    await client.exec({
      query: `INSERT INTO ${t} FORMAT Native`,
      values: Readable.from([body]),
      clickhouse_settings,
    })
    await client.insert({
      table: t,
      values: [{ id: 999_999 }],
      format: 'JSONEachRow',
      clickhouse_settings: { insert_deduplication_token: 'segment-2' },
    })
  }
  expect(await count(t)).toBe(300_001)
  expect(await rowsOf(client, 'SELECT sum(c) AS s FROM sums')).toEqual([{ s: '300001' }])
})

test('an error names the row and leaves nothing', async () => {
  const t = await table('wrong')
  const values = [{ id: 1 }, { id: 'x' }]
  await expect(client.insert({ table: t, values, format: 'JSONEachRow' })).rejects.toThrow(/row 2/)
  expect(await count(t)).toBe(0)
  const nowhere = client.insert({ table: 'nowhere', values: [{ id: 1 }], format: 'JSONEachRow' })
  await expect(nowhere).rejects.toMatchObject({ code: '60' })
})

test('twenty inserts at once', async () => {
  const t = await table('parallel')
  const insert = (id: number) =>
    client.insert({ table: t, values: [{ id }, { id: id + 1000 }], format: 'JSONEachRow' })
  await Promise.all(Array.from({ length: 20 }, (_, id) => insert(id)))
  expect(await count(t)).toBe(40)
})

test('without rows', async () => {
  const t = await table('empty')
  for (const format of ['Native', 'JSONEachRow', 'CSV'])
    await client.exec({ query: `INSERT INTO ${t} FORMAT ${format}` })
  await client.insert({ table: t, values: Readable.from([]), format: 'JSONEachRow' })
  expect(await count(t)).toBe(0)
})
