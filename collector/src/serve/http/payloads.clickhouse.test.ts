import { protobufOfJson } from '@weir/dialects'
import { requestOf } from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { rows } from '@weir/store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createTestStore, type TestStore } from '../../testing/database.ts'
import { ODD_SPANS } from '../../testing/odd-spans.ts'
import { messageWithUnknownFields as message } from '../../testing/protobuf-message.ts'
import { exchange, type RawResponse, rawRequest } from '../../testing/raw-http.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const JSON_TYPE = 'application/json'
const PROTOBUF = 'application/x-protobuf'
const START = 1_700_000_000_000_000_000n

type Row = Readonly<Record<string, unknown>>

interface Case {
  readonly of: string
  readonly type: string
  readonly body: Buffer
  readonly row: Row
}

const traceOf = (at: number) => (at + 1).toString(16).padStart(32, '0')

const CASES: readonly Case[] = [
  ...ODD_SPANS.map((odd) => ({ ...odd, type: JSON_TYPE })),
  ...ODD_SPANS.map((odd) => ({ ...odd, type: PROTOBUF })),
].map(({ of, span, row, type }, at) => {
  const json = Buffer.from(JSON.stringify(requestOf([{ traceId: traceOf(at), ...span }])))
  return { of, type, row, body: type === JSON_TYPE ? json : protobufOfJson(json) }
})

const BYTES: readonly Case[] = [
  {
    of: 'unknown fields in every message',
    type: PROTOBUF,
    body: protobufOf(traceOf(1000), Buffer.from('value')),
    row: { name: 'span', attributes: { key: 'value' }, duration_ns: '5', service: 'shop' },
  },
  {
    of: 'text that is no UTF-8',
    type: PROTOBUF,
    body: protobufOf(traceOf(1001), Buffer.from([0x61, 0xff, 0xc3])),
    row: { name: 'span', attributes: { key: 'a\ufffd\ufffd' } },
  },
  {
    of: 'text that is no UTF-8',
    type: JSON_TYPE,
    body: Buffer.concat(
      JSON.stringify(requestOf([{ traceId: traceOf(1002), name: 'a|b' }]))
        .split('|')
        .flatMap((part, at) => [...(at > 0 ? [Buffer.of(0xff)] : []), Buffer.from(part)]),
    ),
    row: { name: 'a\ufffdb' },
  },
]

let store: TestStore
let port: number
const answers = new Map<Case, RawResponse>()
const stored = new Map<string, Row>()

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  const collector = await startTestCollector({ store: { ...store, project: 'odd' } })
  port = collector.port
  for (const each of [...CASES, ...BYTES]) answers.set(each, await send(each.type, each.body))
  await collector.close()
  const found = await rows<Row & { trace: string; events: string; links: string }>(
    store,
    `SELECT lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span, lower(hex(parent_span_id)) AS parent, name, status,
       service, otel_kind, attributes, attribute_types, events, links, toString(duration_ns) AS duration_ns,
       toString(toUnixTimestamp64Nano(start)) AS start_ns, toString(toUnixTimestamp64Nano(end)) AS end_ns
     FROM spans FINAL WHERE project = 'odd'`,
  )
  for (const { trace, events, links, ...row } of found) {
    stored.set(trace, { ...row, events: JSON.parse(events || '[]'), links: JSON.parse(links || '[]') })
  }
})
afterAll(() => store?.drop())

function send(type: string, body: Buffer): Promise<RawResponse> {
  return exchange(port, rawRequest({ headers: { 'content-type': type }, body }))
}

test.for(CASES.map((each, at) => ({ ...each, at })))('$of, as $type', ({ row, at }) => {
  expect(answers.get(CASES[at]!)).toMatchObject({ status: 200 })
  expect(stored.get(traceOf(at))).toMatchObject(row)
})

test.for(BYTES.map((each, at) => ({ ...each, at })))('$of, as $type', ({ row, at }) => {
  expect(answers.get(BYTES[at]!)).toMatchObject({ status: 200 })
  expect(stored.get(traceOf(1000 + at))).toMatchObject(row)
})

test.for([JSON_TYPE, PROTOBUF])(
  'invalid ids reject their spans, the others are stored, as %s',
  async (type) => {
    const project = `ids ${type}`
    const collector = await startTestCollector({ store: { ...store, project } })
    const ids = ['', '00'.repeat(8), 'ab'.repeat(7), 'ab'.repeat(9), 'ab'.repeat(8)]
    const json = Buffer.from(JSON.stringify(requestOf(ids.map((spanId) => ({ spanId })))))
    const body = type === JSON_TYPE ? json : protobufOfJson(json)
    const answer = await exchange(collector.port, rawRequest({ headers: { 'content-type': type }, body }))
    expect(answer.status).toBe(200)
    expect(answer.body.toString()).toContain('4 spans have an invalid trace id or span id')
    await collector.close()
    expect(
      await rows(
        store,
        'SELECT lower(hex(span_id)) AS id FROM spans FINAL WHERE project = {project: String}',
        {
          project,
        },
      ),
    ).toEqual([{ id: 'ab'.repeat(8) }])
  },
)

function protobufOf(traceId: string, value: Buffer): Buffer {
  const attribute = (key: string, bytes: Buffer) => message([1, key], [2, message([1, bytes])])
  const span = message(
    [1, Buffer.from(traceId, 'hex')],
    [2, Buffer.from('0000000000000001', 'hex')],
    [5, 'span'],
    [7, START],
    [8, START + 5n],
    [9, attribute('key', value)],
    [11, message([1, START], [2, 'event'])],
    [15, message()],
  )
  const resource = message([1, attribute('service.name', Buffer.from('shop'))])
  return message([1, message([1, resource], [2, message([1, message([1, 'scope'])], [2, span])])])
}
