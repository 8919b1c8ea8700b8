import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { protobufOfJson } from '@weir/dialects'
import { requestOf } from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { rows } from '@weir/store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createTestStore, type TestStore } from '../../testing/database.ts'
import { chunk, RawConnection, rawRequest } from '../../testing/raw-http.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const SPANS = 40
const ENCODINGS = ['application/json', 'application/x-protobuf'] as const
const CODINGS = {
  identity: (body: Buffer) => body,
  gzip: gzipSync,
  deflate: deflateSync,
  'raw deflate': deflateRawSync,
  zstd: zstdCompressSync,
}
const FRAMINGS = ['a length', 'packets', 'chunks', 'a pipeline', 'HTTP/1.0', '100-continue'] as const

interface Case {
  readonly trace: string
  readonly type: (typeof ENCODINGS)[number]
  readonly coding: keyof typeof CODINGS
  readonly framing: (typeof FRAMINGS)[number]
}

const CASES: readonly Case[] = ENCODINGS.flatMap((type) =>
  (Object.keys(CODINGS) as Case['coding'][]).flatMap((coding) =>
    FRAMINGS.map((framing) => ({ type, coding, framing })),
  ),
).map((each, at) => ({ ...each, trace: (at + 1).toString(16).padStart(32, '0') }))

interface StoredTrace {
  readonly trace: string
  readonly spans: number
  readonly named: number
  readonly services: readonly string[]
}

let store: TestStore
const statuses = new Map<string, number[]>()
const stored = new Map<string, StoredTrace>()

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  const collector = await startTestCollector({ store: { ...store, project: 'http' } })
  for (const each of CASES) statuses.set(each.trace, await send(collector.port, each))
  await collector.close()
  const found = await rows<StoredTrace>(
    store,
    `SELECT lower(hex(trace_id)) AS trace, count() AS spans, groupUniqArray(service) AS services,
       countIf(name = concat('span ', attributes['number']) AND duration_ns = 5000000) AS named
     FROM spans FINAL WHERE project = 'http' GROUP BY trace_id`,
  )
  for (const trace of found) stored.set(trace.trace, trace)
})
afterAll(() => store?.drop())

test.for(CASES)('$type as $coding with $framing', ({ trace, framing }) => {
  expect(statuses.get(trace)).toEqual(
    { 'a pipeline': [200, 200], '100-continue': [100, 200] }[framing as string] ?? [200],
  )
  expect(stored.get(trace)).toEqual({ trace, spans: SPANS, named: SPANS, services: ['shop'] })
})

/** Resolves to the statuses of all responses. */
async function send(port: number, { trace, type, coding, framing }: Case): Promise<number[]> {
  const json = Buffer.from(JSON.stringify(requestOf(spansOf(trace), { 'service.name': 'shop' })))
  const body = CODINGS[coding](type === 'application/json' ? json : protobufOfJson(json))
  const headers = { 'content-type': type, 'content-encoding': coding.replace('raw ', '') }
  const connection = await RawConnection.open(port)
  try {
    const answered: number[] = []
    const answer = async () => answered.push((await connection.response()).status)
    switch (framing) {
      case 'a length':
        await connection.write(rawRequest({ headers, body }))
        break
      case 'packets': {
        const whole = rawRequest({ headers, body })
        const third = Math.ceil(whole.length / 3)
        await connection.write(
          whole.subarray(0, third),
          whole.subarray(third, -third),
          whole.subarray(-third),
        )
        break
      }
      case 'chunks': {
        const head = rawRequest({ headers: { ...headers, 'transfer-encoding': 'chunked' }, sized: false })
        await connection.write(
          head,
          chunk(body.subarray(0, 100)),
          chunk(body.subarray(100), ';x=y'),
          '0\r\n\r\n',
        )
        break
      }
      case 'a pipeline':
        // The same twice, as a sender repeats what it had no answer to.
        await connection.write(Buffer.concat([rawRequest({ headers, body }), rawRequest({ headers, body })]))
        await answer()
        break
      case 'HTTP/1.0':
        await connection.write(rawRequest({ version: '1.0', headers, body }))
        break
      case '100-continue': {
        const length = { expect: '100-continue', 'content-length': String(body.length) }
        await connection.write(rawRequest({ headers: { ...headers, ...length }, sized: false }))
        await answer()
        await connection.write(body)
      }
    }
    await answer()
    return answered
  } finally {
    connection.destroy()
  }
}

function spansOf(traceId: string): object[] {
  return Array.from({ length: SPANS }, (_, at) => ({
    traceId,
    name: `span ${at}`,
    attributes: [{ key: 'number', value: { intValue: String(at) } }],
  }))
}
