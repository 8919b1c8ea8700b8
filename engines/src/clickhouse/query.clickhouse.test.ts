import { randomUUID } from 'node:crypto'
import { createClient, TupleParam } from '@clickhouse/client'
import { describe, expect, inject, test } from 'vitest'
import { rowsOf, useDatabase } from '../testing/database.ts'

const client = useDatabase()

describe('parameters', () => {
  const uuid = '61f0c404-5cb3-11e7-907b-a6006ad3dba0'
  test.each<[type: string, value: unknown, back: unknown]>([
    ['UInt8', 255, 255],
    ['Int64', -9007199254740993n, '-9007199254740993'],
    ['UInt64', 18446744073709551615n, '18446744073709551615'],
    ['UInt128', '340282366920938463463374607431768211455', '340282366920938463463374607431768211455'],
    ['Float64', 0.1, 0.1],
    ['Decimal(18, 4)', '12.3400', 12.34],
    ['Bool', true, true],
    ['String', '', ''],
    ['String', 'it\'s \\ \t \n \0 "x" {y:String} 雪 -- /*', 'it\'s \\ \t \n \0 "x" {y:String} 雪 -- /*'],
    ['FixedString(4)', 'abcd', 'abcd'],
    ['UUID', uuid, uuid],
    ["Enum8('a' = 1)", 'a', 'a'],
    ['LowCardinality(String)', 'low', 'low'],
    ['Date', '2024-02-29', '2024-02-29'],
    ['DateTime', new Date('2024-02-29T12:34:56Z'), '2024-02-29 12:34:56'],
    ['DateTime64(9)', '2024-02-29 12:34:56.123456789', '2024-02-29 12:34:56.123456789'],
    ['DateTime64(3)', new Date('2024-02-29T12:34:56.789Z'), '2024-02-29 12:34:56.789'],
    ['Nullable(String)', null, null],
    ['Nullable(Int32)', 5, 5],
    ['Array(UInt64)', [1, 2n ** 63n], ['1', '9223372036854775808']],
    ['Array(String)', ["it's", 'a,b', 'back\\slash', ''], ["it's", 'a,b', 'back\\slash', '']],
    ['Array(Nullable(String))', ['a', null], ['a', null]],
    ['Array(Array(UInt8))', [[1], [], [2, 3]], [[1], [], [2, 3]]],
    ['Map(String, UInt8)', { a: 1, "b'c": 2 }, { a: 1, "b'c": 2 }],
    ['Tuple(String, UInt8)', new TupleParam(['x', 7]), ['x', 7]],
  ])('%s: %o', async (type, value, back) => {
    const query_params = { p: value }
    const query = `SELECT {p:${type}} AS v`
    const result = await client.query({
      query,
      query_params,
      format: 'JSONEachRow',
      clickhouse_settings: { session_timezone: 'UTC', output_format_json_named_tuples_as_objects: 0 },
    })
    expect(await result.json()).toEqual([{ v: back }])
  })

  test('binary, as unhex of hex', async () => {
    const query_params = { id: 'ff00e9' }
    expect(await rowsOf(client, 'SELECT hex(unhex({id:String})) AS v', query_params)).toEqual([
      { v: 'FF00E9' },
    ])
  })

  test('an identifier', async () => {
    const query = 'SELECT count() > 0 AS v FROM {db:Identifier}.{t:Identifier}'
    expect(await rowsOf(client, query, { db: 'system', t: 'tables' })).toEqual([{ v: 1 }])
  })

  test('larger than the limit of a query, in a form', async () => {
    const text = 'x'.repeat(1_000_000)
    const query = 'SELECT length({t:String}) AS v, {u:UInt8} AS u'
    const result = await client.query({
      query,
      query_params: { t: text, u: 1 },
      use_multipart_params: true,
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([{ v: '1000000', u: 1 }])
  })

  test('of the same name are those of each query, one after the other and at once', async () => {
    const query = 'SELECT {a:String} AS a, {b:UInt32} AS b'
    const ask = async (nth: number) => {
      const params = { a: 'x'.repeat(nth % 7 === 0 ? 100_000 : nth), b: nth }
      expect(await rowsOf(client, query, params)).toEqual([params])
    }
    for (let nth = 0; nth < 10; nth++) await ask(nth)
    await Promise.all(Array.from({ length: 40 }, (_, nth) => ask(nth)))
  })

  test('do not reach the next query', async () => {
    await rowsOf(client, 'SELECT {leak:UInt8}', { leak: 1 })
    await expect(rowsOf(client, 'SELECT {leak:UInt8}')).rejects.toMatchObject({
      code: '456',
      type: 'UNKNOWN_QUERY_PARAMETER',
    })
  })
})

describe('settings', () => {
  const query = "SELECT toString(getSetting('max_block_size')) AS v"

  test('hold for one query', async () => {
    const result = await client.query({
      query,
      clickhouse_settings: { max_block_size: '77' },
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([{ v: '77' }])
    expect(await rowsOf(client, query)).not.toEqual([{ v: '77' }])
  })

  test.each([
    { readonly: '1' },
    { max_query_size: '60' },
    { readonly: '2' },
    { max_memory_usage: '1' },
  ] as const)('that allow less are those of their query alone: %o', async (clickhouse_settings) => {
    const query = 'SELECT {a:UInt32} AS a'
    const ask = async (a: number, clickhouse_settings = {}) => {
      const params = { query_params: { a }, clickhouse_settings, format: 'JSONEachRow' } as const
      return (await client.query({ query, ...params })).json()
    }
    for (const a of [1, 2, 3]) {
      const narrow = ask(a, clickhouse_settings)
      if ('max_memory_usage' in clickhouse_settings) await narrow.catch(() => undefined)
      else expect(await narrow).toEqual([{ a }])
      expect(await ask(a)).toEqual([{ a }])
    }
  })

  test('of a SET statement do not reach the next query', async () => {
    await client.command({ query: 'SET max_block_size = 78' })
    expect(await rowsOf(client, query)).not.toEqual([{ v: '78' }])
  })

  test('are checked by the engine', async () => {
    const unknown = client.query({ query: 'SELECT 1', clickhouse_settings: { no_such_setting: 1 } })
    await expect(unknown).rejects.toMatchObject({ code: '115', type: 'UNKNOWN_SETTING' })
  })
})

describe('formats', () => {
  test.each(['JSON', 'JSONCompact', 'JSONColumnsWithMetadata', 'JSONObjectEachRow'] as const)(
    '%s of several blocks is one document',
    async (format) => {
      const result = await client.query({ query: 'SELECT number AS n FROM numbers(150000)', format })
      const text = await result.text()
      const document = JSON.parse(text)
      const rows = document.data?.length ?? Object.keys(document).length
      expect(format === 'JSONColumnsWithMetadata' ? document.data.n.length : rows).toBe(150_000)
    },
  )

  test.each([
    'CSVWithNames',
    'TabSeparatedWithNamesAndTypes',
    'JSONCompactEachRowWithNamesAndTypes',
  ] as const)('%s has one head', async (format) => {
    const result = await client.query({ query: 'SELECT number AS abc FROM numbers(150000)', format })
    expect((await result.text()).split('abc').length - 1).toBe(1)
  })

  test('totals, subqueries, CTEs, unions and comments', async () => {
    const totals = await client.query({
      query: 'SELECT number % 2 AS k, count() AS c FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k',
      format: 'JSON',
    })
    expect((await totals.json<{ c: string }>()).totals?.c).toBe('10')
    const query = `/* a ' comment */ WITH (SELECT max(number) FROM numbers(5)) AS m, t AS (SELECT 7 AS x)
      SELECT m, x FROM t UNION ALL SELECT 1, 2 -- the end ' of it`
    expect(await rowsOf(client, query)).toHaveLength(2)
  })

  test('without rows', async () => {
    const result = await client.query({ query: 'SELECT 1 AS a WHERE 0', format: 'JSON' })
    expect(await result.json()).toMatchObject({ data: [], rows: 0 })
  })
})

describe('statements', () => {
  test('SHOW, DESCRIBE, EXPLAIN, EXISTS', async () => {
    await client.command({ query: 'CREATE TABLE kinds (a UInt8) ENGINE = MergeTree ORDER BY a' })
    expect(await rowsOf(client, 'SHOW TABLES')).toEqual([{ name: 'kinds' }])
    expect(await rowsOf(client, 'DESCRIBE TABLE kinds')).toHaveLength(1)
    expect((await rowsOf(client, 'EXPLAIN SELECT 1')).length).toBeGreaterThan(0)
    expect(await rowsOf(client, 'EXISTS kinds')).toEqual([{ result: 1 }])
  })

  test('one at a time', async () => {
    await expect(client.command({ query: 'SELECT 1; SELECT 2' })).rejects.toMatchObject({ code: '62' })
    await client.command({ query: 'SELECT 1;' })
  })

  test('an unknown database', async () => {
    const other = createClient({ url: inject('clickhouseUrl'), database: 'nowhere', log: { level: 127 } })
    await expect(other.query({ query: 'SELECT 1' })).rejects.toMatchObject({
      code: '81',
      type: 'UNKNOWN_DATABASE',
    })
    await other.close()
  })

  test.each([
    (name: string) => `DROP DATABASE ${name}`,
    (name: string) => `RENAME DATABASE ${name} TO ${name}_elsewhere`,
  ])('a database that is not there any more', async (removal) => {
    const database = `gone_${randomUUID().replaceAll('-', '')}`
    await client.command({ query: `CREATE DATABASE ${database}` })
    const other = createClient({ url: inject('clickhouseUrl'), database, log: { level: 127 } })
    expect(await rowsOf(other, 'SELECT 1 AS v')).toEqual([{ v: 1 }])
    await client.command({ query: removal(database) })
    await expect(rowsOf(other, 'SELECT 1 AS v')).rejects.toMatchObject({ type: 'UNKNOWN_DATABASE' })
    await client.command({ query: `DROP DATABASE IF EXISTS ${database}_elsewhere` })
    await other.close()
  })

  test.each([
    ['SELEC 1 FROM', '62', 'SYNTAX_ERROR'],
    ['SELECT * FROM nowhere', '60', 'UNKNOWN_TABLE'],
    ['SELECT nothing', '47', 'UNKNOWN_IDENTIFIER'],
    ['SELECT noFunction(1)', '46', 'UNKNOWN_FUNCTION'],
    ['SELECT throwIf(1)', '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'],
    ['SELECT (SELECT throwIf(1))', '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'],
  ])('%s fails with %s', async (query, code, type) => {
    await expect(client.query({ query, format: 'JSONEachRow' })).rejects.toMatchObject({ code, type })
  })
})

test('a column called format, and no output at all', async () => {
  await client.command({ query: 'CREATE TABLE named (format String) ENGINE = MergeTree ORDER BY format' })
  await client.insert({ table: 'named', values: [{ format: 'b' }, { format: 'a' }], format: 'JSONEachRow' })
  const query = 'SELECT format FROM named WHERE format IN (SELECT format FROM named) ORDER BY format DESC'
  expect(await rowsOf(client, query)).toEqual([{ format: 'b' }, { format: 'a' }])
  await client.command({ query: 'SELECT (SELECT 1) FORMAT Null' })
})
