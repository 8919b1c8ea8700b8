import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { migrate, toStatements } from './migrate.ts'
import { createStore, execute, firstRow, insert, rows, type Store } from './store.ts'

const BEFORE = ['001_spans', '002_runs', '003_rollups', '004_evaluations', '005_monitors', '006_settling']
const TRACE = '000102030405060708090a0b0c0d0e0f'

let store: Store

/** A database as it was before migration 007. */
async function createEarlierDatabase(): Promise<Store> {
  const database = `weir_test_${crypto.randomUUID().replaceAll('-', '')}`
  const earlier = createStore({ url: inject('clickhouseUrl'), database })
  const root = createStore({ url: inject('clickhouseUrl'), database: 'default' })
  await execute(root, 'CREATE DATABASE {database:Identifier}', { database })
  await root.close()
  await execute(
    earlier,
    `CREATE TABLE migrations (name String, applied DateTime64(3, 'UTC') DEFAULT now64(3))
    ENGINE = ReplacingMergeTree(applied) ORDER BY name`,
  )
  for (const name of BEFORE) {
    const sql = await readFile(new URL(`../migrations/${name}.sql`, import.meta.url), 'utf8')
    for (const statement of toStatements(sql)) await execute(earlier, statement.sql)
    await insert(earlier, 'migrations', [{ name: `${name}.sql` }])
  }
  return earlier
}

const FULL = {
  trace_hex: TRACE,
  name: 'full',
  attributes: { text: 'a/b "quoted" \u{1f916}', big: '9223372036854775807' },
  attribute_types: 'si',
  event_times: ['2026-01-01 00:00:00.000000001', '1970-01-01 00:00:00'],
  event_names: ['exception', ''],
  event_attributes: [
    {
      s: 'x/y\n',
      i: '-9007199254740993',
      d: '0.1',
      nan: 'NaN',
      zero: '-0',
      exp: '1e+21',
      b: 'true',
      y: 'AAE=',
      a: '{"arrayValue":{"values":[{"intValue":"1"},{}]}}',
      k: '{"kvlistValue":{"values":[{"key":"n","value":{"stringValue":"v"}}]}}',
      e: '',
      empty: '',
    },
    {},
  ],
  event_attribute_types: ['sidddd' + 'byakes', ''],
  event_dropped_attributes: [3, 0],
  dropped_events: 4,
  link_trace_ids: ['ABCDEFGHIJKLMNOP'],
  link_span_ids: ['abcdefgh'],
  link_trace_states: ['k=v'],
  link_flags: [257],
  link_attributes: [{ kind: 'follows' }],
  link_attribute_types: ['s'],
  link_dropped_attributes: [0],
  dropped_links: 5,
  resource_attributes: { 'service.name': 'shop', pid: '7' },
  resource_attribute_types: 'si',
  resource_dropped_attributes: 1,
  resource_schema_url: 'https://opentelemetry.io/schemas/1.30.0',
  scope_name: 'lib',
  scope_version: '1.2',
  scope_attributes: { on: 'false' },
  scope_attribute_types: 'b',
  scope_schema_url: '',
  received: '2026-01-01 00:00:01.123',
  flow: 'filled',
  declared_flow: 'sent',
  settled: 1,
}

beforeAll(async () => {
  store = await createEarlierDatabase()
  const { trace_hex: _, ...full } = FULL
  const ids = { project: 'p', trace_id: 'TRACE___________' }
  await insert(store, 'spans', [
    { ...ids, ...full, span_id: 'full____', start: '2026-01-01 00:00:00.000000001' },
    { ...ids, span_id: 'plain___', start: '1970-01-01 00:00:00', declared_run_id: 'declared' },
    { ...ids, span_id: 'late____', start: '2262-01-01 00:00:00' },
  ])
  await insert(store, 'runs', [
    {
      project: 'p',
      run_id: 'r1',
      flow: 'f',
      start: '2026-01-01 00:00:00',
      step_names: ['plan'],
      output: 'Found it',
    },
    { project: 'p', run_id: 'r2', flow: 'f', start: '1990-01-01 00:00:00' },
  ])
  await execute(
    store,
    `INSERT INTO run_minutes (project, flow, minute, runs, durations)
    SELECT 'p', 'f', toDateTime('2026-01-01 00:00:00', 'UTC'), 1, quantilesDDState(0.01, 0.5, 0.95, 0.99)(toUInt64(7))`,
  )
})
afterAll(async () => {
  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database: store.database })
  await store.close()
})

test('what was stored before is there after, whoever migrates at the same time', async () => {
  const columns =
    'span_id, name, attributes, attribute_types, toString(start) AS start, toString(received) AS received, flow, declared_flow, settled, dropped_events, dropped_links'
  const query = `SELECT ${columns} FROM spans FINAL ORDER BY span_id`
  const unsettled = 'SELECT project, trace_id, sum(pending) AS pending FROM unsettled_traces GROUP BY ALL'
  const all = async () => ({
    spans: await rows(store, query),
    unsettled: await rows(store, unsettled),
    runs: await rows(
      store,
      'SELECT run_id, flow, step_names, output, toString(start) AS start FROM runs FINAL ORDER BY run_id',
    ),
    minutes: await rows(
      store,
      'SELECT runs, quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(durations) AS ns FROM run_minutes GROUP BY ALL',
    ),
  })
  const before = await all()
  const others = Array.from({ length: 3 }, () => createStore({ url: store.url, database: store.database }))
  await Promise.all([store, ...others].map((each) => migrate(each)))
  await Promise.all(others.map((each) => each.close()))
  expect(await all()).toEqual(before)
  expect(before.runs).toHaveLength(2)
  expect(before.minutes).toHaveLength(1)
  expect(before.spans).toHaveLength(3)
  const tables = await rows<{ name: string; total_rows: number }>(
    store,
    `SELECT name, total_rows FROM system.tables
    WHERE database = currentDatabase() AND match(name, '^(replaced|lean|whole)_') ORDER BY name`,
  )
  const replaced = ['run_minutes', 'runs', 'spans', 'step_minutes']
  expect(tables).toEqual(replaced.map((name) => ({ name: `replaced_${name}`, total_rows: 0 })))
})

test('what was replaced is dropped by a later start', async () => {
  const left = () =>
    rows(
      store,
      `SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'replaced_%'`,
    )
  await migrate(store)
  expect(await left()).toHaveLength(4)
  await execute(store, 'TRUNCATE TABLE migrations')
  const files = await readdir(new URL('../migrations/', import.meta.url))
  await insert(
    store,
    'migrations',
    files.map((name) => ({ name, applied: '2026-01-01 00:00:00' })),
  )
  await migrate(store)
  expect(await left()).toEqual([])
})

test('events, links, resource and scope are OTLP/JSON', async () => {
  const columns = `events, links, resource, scope`
  const select = (id: string) =>
    firstRow<Record<string, string>>(
      store,
      `SELECT ${columns} FROM spans FINAL WHERE span_id = {id:String}`,
      { id },
    )
  const full = await select('full____')
  expect(JSON.parse(full!.events!)).toEqual([
    {
      timeUnixNano: '1767225600000000001',
      name: 'exception',
      attributes: [
        { key: 's', value: { stringValue: 'x/y\n' } },
        { key: 'i', value: { intValue: '-9007199254740993' } },
        { key: 'd', value: { doubleValue: 0.1 } },
        { key: 'nan', value: { doubleValue: 'NaN' } },
        { key: 'zero', value: { doubleValue: '-0' } },
        { key: 'exp', value: { doubleValue: 1e21 } },
        { key: 'b', value: { boolValue: true } },
        { key: 'y', value: { bytesValue: 'AAE=' } },
        { key: 'a', value: { arrayValue: { values: [{ intValue: '1' }, {}] } } },
        { key: 'k', value: { kvlistValue: { values: [{ key: 'n', value: { stringValue: 'v' } }] } } },
        { key: 'e', value: {} },
        { key: 'empty', value: { stringValue: '' } },
      ],
      droppedAttributesCount: 3,
    },
    {},
  ])
  expect(JSON.parse(full!.links!)).toEqual([
    {
      traceId: Buffer.from('ABCDEFGHIJKLMNOP').toString('hex'),
      spanId: Buffer.from('abcdefgh').toString('hex'),
      traceState: 'k=v',
      attributes: [{ key: 'kind', value: { stringValue: 'follows' } }],
      flags: 257,
    },
  ])
  expect(JSON.parse(full!.resource!)).toEqual({
    resource: {
      attributes: [
        { key: 'service.name', value: { stringValue: 'shop' } },
        { key: 'pid', value: { intValue: '7' } },
      ],
      droppedAttributesCount: 1,
    },
    schemaUrl: 'https://opentelemetry.io/schemas/1.30.0',
  })
  expect(JSON.parse(full!.scope!)).toEqual({
    scope: { name: 'lib', version: '1.2', attributes: [{ key: 'on', value: { boolValue: false } }] },
  })
  expect(await select('plain___')).toEqual({ events: '', links: '', resource: '{}', scope: '{}' })
})

test('views follow the new table', async () => {
  await insert(store, 'spans', [{ project: 'q', trace_id: 'later', span_id: 's', declared_run_id: 'r' }])
  const seen = (table: string) => rows(store, `SELECT count() AS n FROM ${table} WHERE project = 'q'`)
  expect([await seen('unsettled_traces'), await seen('run_traces')]).toEqual([[{ n: 1 }], [{ n: 1 }]])
})
