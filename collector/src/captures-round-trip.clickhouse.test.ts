import { status } from '@grpc/grpc-js'
import { type CapturedRequest, captureNames, readCapture } from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { rows } from '@weir/store'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { canonicalSpans } from './testing/canonical-spans.ts'
import { createTestStore, type TestStore } from './testing/database.ts'
import { exported } from './testing/exported.ts'
import { GrpcClient } from './testing/grpc-client.ts'
import { jsonOfProtobuf } from './testing/protobuf-to-json.ts'
import { startTestCollector } from './testing/start-collector.ts'
import { untilStored } from './testing/until-stored.ts'

interface Sent {
  readonly name: string
  readonly requests: readonly CapturedRequest[]
  /** HTTP status codes of the answers. */
  readonly statuses: readonly number[]
  /** What the accepted requests said, by span. */
  readonly spans: ReturnType<typeof canonicalSpans>
  readonly traceIds: readonly string[]
}

const isProtobuf = ({ contentType }: CapturedRequest) => contentType.toLowerCase().includes('x-protobuf')

let store: TestStore
let second: TestStore

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  second = await createTestStore(inject('clickhouseUrl'), testDatabase())
})
afterAll(async () => {
  await store?.drop()
  await second?.drop()
})

describe.each(captureNames(''))('%s', (name) => {
  let capture: Sent
  let text: string
  beforeAll(async () => {
    capture = await sendOverHttp(name)
    text = await exported(store, name, capture.traceIds)
  })

  test('is exported as it was sent', () => {
    expect(text === '' ? {} : canonicalSpans(JSON.parse(text))).toEqual(capture.spans)
  })

  test('its export, sent to another database, is exported the same', async () => {
    const collector = await startTestCollector({ store: { ...second, project: name } })
    const sent = Buffer.from(text === '' ? '{}' : text)
    expect((await post(collector.url, 'application/json', null, sent)).status).toBe(200)
    await untilStored(collector)
    await collector.close()
    expect(await exported(second, name, capture.traceIds)).toBe(text)
  })

  if (readCapture(name).requests.every(isProtobuf)) {
    test('is stored the same when it is sent over gRPC', async () => {
      await sendOverGrpc(capture)
      expect(await storedRows(`${name} grpc`)).toEqual(await storedRows(name))
    })
  }
})

async function sendOverHttp(name: string): Promise<Sent> {
  const { requests } = readCapture(name)
  const collector = await startTestCollector({ store: { ...store, project: name } })
  const statuses: number[] = []
  for (const { contentType, contentEncoding, raw } of requests)
    statuses.push((await post(collector.url, contentType, contentEncoding, raw)).status)
  await untilStored(collector)
  await collector.close()
  const accepted = requests.filter((_, at) => statuses[at] === 200)
  const said = accepted.map(({ body, contentType }) =>
    contentType.includes('json') ? parseExactly(String(body)) : jsonOfProtobuf(body),
  )
  const spans = canonicalSpans(...said)
  return { name, requests, statuses, spans, traceIds: traceIdsOf(spans) }
}

function traceIdsOf(spans: Sent['spans']): string[] {
  return [...new Set(Object.values(spans).map(({ traceId }) => traceId as string))].sort()
}

function post(url: string, contentType: string, contentEncoding: string | null, body: Buffer) {
  const headers = {
    'content-type': contentType,
    ...(contentEncoding && { 'content-encoding': contentEncoding }),
  }
  return fetch(`${url}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(body) })
}

/** JSON.parse, with integers beyond 2^53 as text. */
function parseExactly(text: string): unknown {
  const exact = (_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '') ? source : value
  return (JSON.parse as (text: string, reviver: typeof exact) => unknown)(text, exact)
}

/** Every request in protobuf is answered as it was over HTTP. */
async function sendOverGrpc({ name, requests, statuses }: Sent): Promise<void> {
  const collector = await startTestCollector({ store: { ...store, project: `${name} grpc` }, grpcPort: 0 })
  const client = new GrpcClient(collector.grpcPort!)
  for (const [at, request] of requests.entries()) {
    // Broken and unknown compression cannot be sent by a client of gRPC.
    if (request.body.length === 0 || ![null, 'gzip'].includes(request.contentEncoding)) continue
    const { error } = await client.export(request.body, { gzip: request.contentEncoding === 'gzip' })
    const expected = statuses[at] === 200 ? undefined : status.INVALID_ARGUMENT
    expect(error?.code).toBe(expected)
  }
  client.close()
  await untilStored(collector)
  await collector.close()
}

function storedRows(project: string): Promise<unknown[]> {
  return rows(
    store,
    `SELECT * EXCEPT (project, received, trace_id, span_id), hex(trace_id) AS trace, hex(span_id) AS span
     FROM spans FINAL WHERE project = {project: String} ORDER BY trace, span`,
    { project },
  )
}
