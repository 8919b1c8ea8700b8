import { createClient } from '@clickhouse/client'
import { expect, inject, test } from 'vitest'
import type {} from './testing.ts'

test('selects, inserts, reports errors', async () => {
  const client = createClient({ url: inject('clickhouseUrl') })
  expect((await client.ping()).success).toBe(true)
  const rows = await (
    await client.query({
      query: 'SELECT {n:UInt64} AS n',
      query_params: { n: '18446744073709551615' },
      clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
      format: 'JSONEachRow',
    })
  ).json()
  expect(rows).toEqual([{ n: '18446744073709551615' }])
  await client.command({ query: 'CREATE DATABASE weir_smoke' })
  const c2 = createClient({ url: inject('clickhouseUrl'), database: 'weir_smoke' })
  await c2.command({ query: "CREATE TABLE t (a UInt32, b String DEFAULT 'x') ENGINE = MergeTree ORDER BY a" })
  const r = await c2.insert({ table: 't', values: [{ a: 1 }, { a: 2, b: 'y' }], format: 'JSONEachRow' })
  console.log(r)
  expect(
    await (await c2.query({ query: 'SELECT * FROM t ORDER BY a', format: 'JSONEachRow' })).json(),
  ).toEqual([
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ])
  await expect(c2.query({ query: 'SELECT * FROM nope' })).rejects.toMatchObject({
    code: '60',
    type: 'UNKNOWN_TABLE',
  })
  await client.command({ query: 'DROP DATABASE weir_smoke SYNC' })
})
