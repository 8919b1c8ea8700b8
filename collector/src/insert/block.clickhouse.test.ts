import { protobufOfJson, SpanBlock } from '@weir/dialects'
import { attributesOf, requestOf } from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { rows } from '@weir/store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createTestStore, type TestStore } from '../testing/database.ts'
import { insertBlock } from '../testing/insert-block.ts'
import { ClickHouseWriter } from './clickhouse-writer.ts'

let store: TestStore
let writer: ClickHouseWriter

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  writer = new ClickHouseWriter({ url: store.url, database: store.database, timeout: 10_000 })
})
afterAll(async () => {
  writer?.close()
  await store?.drop()
})

async function insert(project: string, spans: readonly object[], token: string = project): Promise<void> {
  const block = new SpanBlock()
  block.append(
    protobufOfJson(Buffer.from(JSON.stringify(requestOf(spans, { 'service.name': 's' })))),
    project,
  )
  await insertBlock(writer, block.take(), token)
}

const read = (project: string, columns: string) =>
  rows(store, `SELECT ${columns} FROM spans WHERE project = {project: String} ORDER BY span_id`, { project })

test('every column arrives as it was written', async () => {
  const attributes = attributesOf({
    text: 'naïve 日本語 🤖',
    'weir.step.index': 7,
    half: 0.5,
    'input.value': 'in',
  })
  await insert('columns', [
    {
      attributes,
      parentSpanId: 'ff'.repeat(8),
      traceState: 'a=b',
      flags: 257,
      startTimeUnixNano: '1700000000123456789',
      endTimeUnixNano: '1700000001000000001',
      events: [
        { timeUnixNano: '1700000000500000000', name: 'e', attributes: attributesOf({ a: 1 }) },
        { name: 'f' },
      ],
      links: [{ traceId: '11'.repeat(16), spanId: '22'.repeat(8), attributes: attributesOf({ b: true }) }],
    },
    { name: 'x'.repeat(300) },
  ])
  expect(
    await read(
      'columns',
      `hex(trace_id) AS trace, hex(parent_span_id) AS parent, length(name) AS name, service, step_index, flags, trace_state,
       toString(start) AS start, duration_ns, input, input_key, attributes, attribute_types, events, links, resource, scope, received > '2024-01-01' AS received`,
    ),
  ).toEqual([
    {
      trace: '000102030405060708090A0B0C0D0E0F',
      parent: 'FF'.repeat(8),
      name: 4,
      service: 's',
      step_index: 7,
      flags: 257,
      trace_state: 'a=b',
      start: '2023-11-14 22:13:20.123456789',
      duration_ns: 876543212,
      input: 'in',
      input_key: 'input.value',
      attributes: { text: 'naïve 日本語 🤖', 'weir.step.index': '7', half: '0.5' },
      attribute_types: 'sidI',
      events: JSON.stringify([
        {
          timeUnixNano: '1700000000500000000',
          name: 'e',
          attributes: [{ key: 'a', value: { intValue: '1' } }],
        },
        { name: 'f' },
      ]),
      links: JSON.stringify([
        {
          traceId: '11'.repeat(16),
          spanId: '22'.repeat(8),
          attributes: [{ key: 'b', value: { boolValue: true } }],
        },
      ]),
      resource: JSON.stringify({
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 's' } }] },
      }),
      scope: '{}',
      received: 1,
    },
    expect.objectContaining({ name: 300, step_index: -1, attributes: {}, events: '', links: '' }),
  ])
})

test('the duration follows from start and end', async () => {
  const times = [
    ['100', '150'],
    ['4294967295', '4294967296'],
    ['1700000000000000000', '1700000000000000000'],
    ['150', '100'],
    ['100', '0'],
    ['0', '18446744073709551615'],
  ]
  await insert(
    'durations',
    times.map(([startTimeUnixNano, endTimeUnixNano]) => ({ startTimeUnixNano, endTimeUnixNano })),
  )
  const found = await read('durations', 'toString(duration_ns) AS ns')
  expect(found.map((row) => (row as { ns: string }).ns)).toEqual([
    '50',
    '1',
    '0',
    '0',
    '0',
    '9223372036854775807',
  ])
})

test('broken clocks do not refuse the spans beside them', async () => {
  const months = Array.from({ length: 110 }, (_, at) => ({ startTimeUnixNano: `${at * 2_700_000}000000000` }))
  await insert('clocks', [{ startTimeUnixNano: '18446744073709551615' }, ...months])
  const summary = 'toString(min(start)) AS first, toString(max(start)) AS last, count() AS spans'
  expect(await rows(store, `SELECT ${summary} FROM spans WHERE project = 'clocks'`)).toEqual([
    { first: '1970-01-01 00:00:00.000000000', last: '2262-04-11 23:47:16.854775807', spans: 111 },
  ])
  expect(
    await rows(store, `SELECT count() AS n FROM spans WHERE project = 'clocks' AND start > '2260-01-01'`),
  ).toEqual([{ n: 1 }])
})

test('the same blocks with the same token are stored once', async () => {
  await insert('token', [{}, {}], 'token-1')
  await insert('token', [{}, {}], 'token-1')
  expect(await rows(store, `SELECT count() AS n FROM spans WHERE project = 'token'`)).toEqual([{ n: 2 }])
})

test('a span that was sent at its start and at its end is one, with the end', async () => {
  await insert('twice', [{ endTimeUnixNano: '1700000000005000000', name: 'ended' }], 'twice-1')
  await insert('twice', [{ endTimeUnixNano: '0', name: 'started' }], 'twice-2')
  const query = `SELECT span_name, status, duration_ns FROM spans FINAL WHERE project = 'twice'`
  expect(await rows(store, query)).toEqual([{ span_name: 'ended', status: 'ok', duration_ns: 5_000_000 }])
})
