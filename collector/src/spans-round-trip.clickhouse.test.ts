import { protobufOfJson } from '@weir/dialects'
import { testDatabase } from '@weir/engines/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Collector } from './collector.ts'
import { requestsOf } from './testing/arbitrary-request.ts'
import { canonicalSpans } from './testing/canonical-spans.ts'
import { createTestStore, type TestStore } from './testing/database.ts'
import { exported } from './testing/exported.ts'
import { GrpcClient } from './testing/grpc-client.ts'
import type { Json } from './testing/protobuf-to-json.ts'
import { startTestCollector } from './testing/start-collector.ts'
import { untilStored } from './testing/until-stored.ts'

const TRACES = 100

interface Trace {
  readonly id: string
  readonly request: Json
}

let store: TestStore
let second: TestStore
let traces: readonly Trace[]
/** Their exports, by id. */
let texts: ReadonlyMap<string, string>

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  second = await createTestStore(inject('clickhouseUrl'), testDatabase())
  traces = Array.from({ length: TRACES }, (_, n) => {
    const id = (n + 1).toString(16).padStart(32, '0')
    return { id, request: fc.sample(requestsOf(id), { numRuns: 1 })[0]! }
  })
  const collector = await startTestCollector({ store, grpcPort: 0 })
  const client = new GrpcClient(collector.grpcPort!)
  for (const [at, { request }] of traces.entries()) {
    const json = JSON.stringify(request)
    if (at % 2 === 0) await postJson(collector, json)
    else
      expect(await client.export(protobufOfJson(Buffer.from(json)), { gzip: at % 4 === 1 })).toHaveProperty(
        'response',
      )
  }
  client.close()
  await untilStored(collector)
  await collector.close()
  texts = await exportEach(store)
})
afterAll(async () => {
  await store?.drop()
  await second?.drop()
})

/** Some at once: the engine plans most of the time. */
async function exportEach(from: TestStore): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const left = traces.values()
  const exportNext = async () => {
    for (const { id } of left) found.set(id, await exported(from, 'default', [id]))
  }
  await Promise.all(Array.from({ length: 4 }, exportNext))
  return found
}

async function postJson({ url }: Collector, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body })
  expect([response.status, await response.text()]).toEqual([200, '{}'])
}

test('whatever a span holds is exported as it was sent', () => {
  for (const { id, request } of traces) {
    expect(canonicalSpans(JSON.parse(texts.get(id)!)), JSON.stringify(request)).toEqual(
      storable(canonicalSpans(request)),
    )
  }
})

test('what is exported, sent to another database, is exported the same', async () => {
  const collector = await startTestCollector({ store: second })
  for (const text of texts.values()) await postJson(collector, text)
  await untilStored(collector)
  await collector.close()
  expect(await exportEach(second)).toEqual(texts)
})

test('several traces are one document, each resource and scope once for the spans that follow each other', async () => {
  const ids = traces.slice(0, 20).map(({ id }) => id)
  const whole = canonicalSpans(JSON.parse(await exported(store, 'default', ids)))
  expect(whole).toEqual(canonicalSpans(...ids.map((id) => JSON.parse(texts.get(id)!))))
  expect(Object.keys(whole).length).toBeGreaterThan(20)
})

const MAX_TIME = 2n ** 63n - 1n

/** A start beyond 2262-04-11T23:47:16.854775807Z is stored as that instant, and its end as long after as it was. */
function storable(spans: Record<string, Json>): Record<string, Json> {
  for (const span of Object.values(spans)) {
    for (const time of ['start', 'end']) {
      if (BigInt(span[time] as string) > MAX_TIME) span[time] = String(MAX_TIME)
    }
  }
  return spans
}
