import { status } from '@grpc/grpc-js'
import { type CapturedRequest, captureNames, createProjectKeys, readCapture } from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { rows } from '@weir/store'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Collector } from './collector.ts'
import { canonicalSpans } from './testing/canonical-spans.ts'
import { createTestStore, type TestStore } from './testing/database.ts'
import { exported } from './testing/exported.ts'
import { GrpcClient } from './testing/grpc-client.ts'
import { jsonOfProtobuf } from './testing/protobuf-to-json.ts'
import { startTestCollector } from './testing/start-collector.ts'
import { untilStored } from './testing/until-stored.ts'

interface Sent {
  /** HTTP status codes of the answers. */
  readonly statuses: readonly number[]
  /** Codes of the answers over gRPC; undefined where it is OK. */
  readonly codes: readonly (status | undefined)[]
  /** What the accepted requests said, by span. */
  readonly spans: ReturnType<typeof canonicalSpans>
  readonly traceIds: readonly string[]
}

type KeyOf = (project: string) => string

const isProtobuf = ({ contentType }: CapturedRequest) => contentType.toLowerCase().includes('x-protobuf')
/** Broken and unknown compression cannot be sent by a client of gRPC. */
const isSentOverGrpc = ({ body, contentEncoding }: CapturedRequest) =>
  body.length > 0 && (contentEncoding === null || contentEncoding === 'gzip')

const captures = captureNames('').map((name) => {
  const { requests } = readCapture(name)
  return { name, requests, overGrpc: requests.every(isProtobuf), grpcProject: `${name} grpc` }
})

let store: TestStore
let second: TestStore
const sent = new Map<string, Sent>()
/** The exports of each capture. */
let texts: ReadonlyMap<string, string>
let textsOfSecond: ReadonlyMap<string, string>
let storedRows: ReadonlyMap<string, unknown[]>

/** Each capture is a project of its own; all are sent first, and compared then. */
beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  second = await createTestStore(inject('clickhouseUrl'), testDatabase())
  await withCollector(store, async (collector, keyOf) => {
    const client = new GrpcClient(collector.grpcPort!)
    for (const capture of captures) {
      const { name, requests } = capture
      const statuses = await sendOverHttp(collector, requests, keyOf(name))
      const codes = capture.overGrpc ? await sendOverGrpc(client, requests, keyOf(capture.grpcProject)) : []
      const spans = saidBy(requests.filter((_, at) => statuses[at] === 200))
      sent.set(name, { statuses, codes, spans, traceIds: traceIdsOf(spans) })
    }
    client.close()
  })
  texts = await exportAll(store)
  await withCollector(second, async (collector, keyOf) => {
    for (const { name } of captures) {
      const body = Buffer.from(texts.get(name) || '{}')
      expect((await post(collector, 'application/json', null, body, keyOf(name))).status).toBe(200)
    }
  })
  textsOfSecond = await exportAll(second)
  storedRows = await rowsByProject()
})
afterAll(async () => {
  await store?.drop()
  await second?.drop()
})

describe.each(captures)('$name', ({ name, requests, overGrpc, grpcProject }) => {
  test('is exported as it was sent', () => {
    const text = texts.get(name)!
    expect(text === '' ? {} : canonicalSpans(JSON.parse(text))).toEqual(sent.get(name)!.spans)
  })

  test('its export, sent to another database, is exported the same', () => {
    expect(textsOfSecond.get(name)).toBe(texts.get(name))
  })

  if (overGrpc) {
    test('is answered and stored the same when it is sent over gRPC', () => {
      const { statuses, codes } = sent.get(name)!
      const expected = requests.flatMap((request, at) =>
        isSentOverGrpc(request) ? [statuses[at] === 200 ? undefined : status.INVALID_ARGUMENT] : [],
      )
      expect(codes).toEqual(expected)
      expect(storedRows.get(grpcProject)).toEqual(storedRows.get(name))
    })
  }
})

/** Some at once: the engine plans most of the time. */
async function exportAll(from: TestStore): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const left = captures.values()
  const exportNext = async () => {
    for (const { name } of left) found.set(name, await exported(from, name, sent.get(name)!.traceIds))
  }
  await Promise.all(Array.from({ length: 4 }, exportNext))
  return found
}

/** Resolves once all that was sent is stored. */
async function withCollector(
  into: TestStore,
  send: (collector: Collector, keyOf: KeyOf) => Promise<void>,
): Promise<void> {
  const projects = captures.flatMap(({ name, grpcProject }) => [name, grpcProject])
  const keyOf = await createProjectKeys(into, projects)
  const collector = await startTestCollector({ store: into, grpcPort: 0 })
  await send(collector, keyOf)
  await untilStored(collector)
  await collector.close()
}

function saidBy(requests: readonly CapturedRequest[]): Sent['spans'] {
  const said = requests.map(({ body, contentType }) =>
    contentType.includes('json') ? parseExactly(String(body)) : jsonOfProtobuf(body),
  )
  return canonicalSpans(...said)
}

function traceIdsOf(spans: Sent['spans']): string[] {
  return [...new Set(Object.values(spans).map(({ traceId }) => traceId as string))].sort()
}

async function sendOverHttp(
  collector: Collector,
  requests: readonly CapturedRequest[],
  authorization: string,
): Promise<number[]> {
  const statuses: number[] = []
  for (const { contentType, contentEncoding, raw } of requests)
    statuses.push((await post(collector, contentType, contentEncoding, raw, authorization)).status)
  return statuses
}

function post(
  { url }: Collector,
  contentType: string,
  contentEncoding: string | null,
  body: Buffer,
  authorization: string,
) {
  const headers = {
    authorization,
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

async function sendOverGrpc(
  client: GrpcClient,
  requests: readonly CapturedRequest[],
  authorization: string,
): Promise<(status | undefined)[]> {
  const codes: (status | undefined)[] = []
  for (const { body, contentEncoding } of requests.filter(isSentOverGrpc)) {
    const { error } = await client.export(body, { gzip: contentEncoding === 'gzip', authorization })
    codes.push(error?.code)
  }
  return codes
}

async function rowsByProject(): Promise<Map<string, unknown[]>> {
  const found = await rows<{ project: string }>(
    store,
    `SELECT * EXCEPT (received, trace_id, span_id), hex(trace_id) AS trace, hex(span_id) AS span
     FROM spans FINAL ORDER BY trace, span`,
  )
  const byProject = new Map<string, unknown[]>()
  for (const { project, ...row } of found) byProject.set(project, [...(byProject.get(project) ?? []), row])
  return byProject
}
