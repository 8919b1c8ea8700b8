import { context } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { protobufOfJson, WireReader } from '@weir/dialects'
import { requestOf } from '@weir/dialects/testing'
import { testDatabase } from '@weir/engines/testing'
import { rows } from '@weir/store'
import { createApiKey, forgetApiKeys, revokeApiKey } from '@weir/store/keys'
import { afterAll, afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import type { Collector } from '../../collector.ts'
import { createTestStore, type TestStore } from '../../testing/database.ts'
import { GrpcClient, retryDelay } from '../../testing/grpc-client.ts'
import { startProxy } from '../../testing/proxy.ts'
import { startTestCollector } from '../../testing/start-collector.ts'
import { temporaryDirectory } from '../../testing/temporary-directory.ts'
import { untilStored } from '../../testing/until-stored.ts'

const stores: TestStore[] = []
let store: TestStore
let collector: Collector

beforeEach(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
  stores.push(store)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await collector.close()
})
afterAll(() => Promise.all(stores.map((used) => used.drop())))

function send(key?: string, type = 'application/json'): Promise<Response> {
  return fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': type, ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    body: type === 'application/json' ? JSON.stringify(requestOf([{}])) : '',
  })
}

async function statusOf(key?: string): Promise<number> {
  const response = await send(key)
  await response.arrayBuffer()
  return response.status
}

const untilStatus = (expected: number, key?: string) => expect.poll(() => statusOf(key)).toBe(expected)

async function projects(): Promise<string[]> {
  const found = await rows<{ project: string }>(store, 'SELECT DISTINCT project FROM spans ORDER BY project')
  return found.map(({ project }) => project)
}

test('open, then a key is made, used and revoked, while the collector runs', async () => {
  collector = await startTestCollector({ store })
  expect(await statusOf()).toBe(200)
  const shop = await createApiKey(store, { project: 'shop' })
  const desk = await createApiKey(store, { project: 'desk' })
  expect(await statusOf(shop.text)).toBe(200)
  await untilStatus(401)
  expect(await statusOf(desk.text)).toBe(200)
  expect(await statusOf(`${shop.text.slice(0, -1)}x`)).toBe(401)
  await revokeApiKey(store, { id: shop.id })
  await untilStatus(401, shop.text)
  expect(await statusOf(desk.text)).toBe(200)
  await untilStored(collector)
  expect(await projects()).toEqual(['default', 'desk', 'shop'])
  for (const path of ['healthz', 'readyz', 'metrics']) {
    expect((await fetch(`${collector.url}/${path}`)).status).toBe(200)
  }
})

test('a loopback collector whose last key is revoked stays closed, after a restart without ClickHouse too, until keys are forgotten', async () => {
  const proxy = await startProxy(store.url)
  const config = { store: { ...store, url: proxy.url }, walDirectory: temporaryDirectory(), grpcPort: 0 }
  collector = await startTestCollector(config)
  const { text, id } = await createApiKey(store)
  expect(await statusOf(text)).toBe(200)
  await revokeApiKey(store, { id })
  await untilStatus(401, text)
  const grpcCode = async () => {
    const client = new GrpcClient(collector.grpcPort!)
    const { error } = await client.export(protobufOfJson(Buffer.from(JSON.stringify(requestOf([{}])))))
    client.close()
    return error?.code
  }
  expect([await statusOf(), await grpcCode()]).toEqual([401, 16])
  await collector.close()
  await proxy.shut()
  collector = await startTestCollector(config)
  expect([await statusOf(), await grpcCode()]).toEqual([401, 16])
  await proxy.open()
  expect(await forgetApiKeys(store)).toEqual([])
  await untilStatus(200)
  expect(await grpcCode()).toBeUndefined()
  await collector.close()
  await proxy.shut()
})

test('401 is a google.rpc.Status that says how to make a key, in the encoding of the request', async () => {
  await createApiKey(store)
  collector = await startTestCollector({ store })
  const json = await send()
  expect(json.status).toBe(401)
  expect(json.headers.get('www-authenticate')).toBe('Bearer')
  expect(await json.json()).toEqual({
    code: 16,
    message: expect.stringMatching(
      /^an API key is required: `weir keys create` makes one; send it as .*WEIR_API_KEY$/,
    ),
  })
  const protobuf = await send('wrong', 'application/x-protobuf')
  expect(protobuf.headers.get('content-type')).toBe('application/x-protobuf')
  const reader = new WireReader(Buffer.from(await protobuf.arrayBuffer()))
  expect([reader.next(), reader.field, reader.uint32()]).toEqual([true, 1, 16])
})

test('an OpenTelemetry SDK takes the key from its own variable, over gRPC', async () => {
  const { text } = await createApiKey(store, { project: 'grpc' })
  collector = await startTestCollector({ store, grpcPort: 0 })
  const exportSpan = async (headers: string) => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', headers)
    const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${collector.grpcPort}` })
    const { promise, resolve } = Promise.withResolvers<{ code: number; error?: Error }>()
    const { export: original } = exporter
    exporter.export = (spans, done) =>
      original.call(exporter, spans, (result) => {
        done(result)
        resolve(result)
      })
    const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] })
    provider.getTracer('test').startSpan('kept', {}, context.active()).end()
    await provider.forceFlush().catch(() => undefined)
    await provider.shutdown()
    return promise
  }
  expect(await exportSpan(`authorization=Bearer%20${text}`)).toMatchObject({ code: 0 })
  const refused = await exportSpan('authorization=Bearer%20wrong')
  expect(refused.error).toMatchObject({ code: 16, details: expect.stringMatching(/`weir keys create`/) })
  await untilStored(collector)
  expect(await projects()).toEqual(['grpc'])
})

const basic = (key: string) => `Basic ${Buffer.from(`pk-lf-1:${key}`).toString('base64')}`

test('each client sends its key and its spans where it does by default', async () => {
  const keys = Object.fromEntries(
    await Promise.all(
      ['langfuse', 'langsmith', 'basic-grpc', 'header-grpc'].map(
        async (project) => [project, (await createApiKey(store, { project })).text] as const,
      ),
    ),
  )
  collector = await startTestCollector({ store, grpcPort: 0 })
  const post = async (path: string, headers: Record<string, string>) => {
    const body = JSON.stringify(requestOf([{}]))
    const response = await fetch(`${collector.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
    await response.arrayBuffer()
    return response.status
  }
  const [langfuse, langsmith] = ['/api/public/otel/v1/traces', '/otel/v1/traces']
  expect(await post(langfuse, { authorization: basic(keys.langfuse!) })).toBe(200)
  expect(await post(langsmith, { 'x-api-key': keys.langsmith! })).toBe(200)
  for (const path of [langfuse, langsmith, '/v1/metrics', '/api/public/otel/v1/logs']) {
    expect(await post(path, {})).toBe(401)
    expect(await post(path, { authorization: basic('sk-lf-1') })).toBe(401)
    expect(await post(path, { 'x-api-key': 'lsv2_1' })).toBe(401)
  }
  expect(await post('/v1/metrics', { 'x-api-key': keys.langsmith! })).toBe(200)
  const ask = (authorization: string) =>
    fetch(`${collector.url}/api/public/projects`, { headers: { authorization } })
  expect(await (await ask(basic(keys.langfuse!))).json()).toMatchObject({ data: [{ id: 'langfuse' }] })
  expect((await ask(basic('sk-lf-1'))).status).toBe(401)

  const client = new GrpcClient(collector.grpcPort!)
  const message = protobufOfJson(Buffer.from(JSON.stringify(requestOf([{}]))))
  expect(await client.export(message, { authorization: basic(keys['basic-grpc']!) })).toHaveProperty(
    'response',
  )
  expect(await client.export(message, { apiKey: keys['header-grpc']! })).toHaveProperty('response')
  const method = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'
  for (const call of [{}, { method }, { apiKey: 'x' }, { authorization: basic('x'), method }])
    expect((await client.export(message, call)).error?.code).toBe(16)
  client.close()
  await untilStored(collector)
  expect(await projects()).toEqual(['basic-grpc', 'header-grpc', 'langfuse', 'langsmith'])
})

test('where other machines can send, nothing is taken before a key is made', async () => {
  // An address of loopback, but not one that is known for it.
  collector = await startTestCollector({ store, host: '127.1' })
  expect(await statusOf()).toBe(401)
  const { text } = await createApiKey(store, { project: 'shop' })
  expect(await statusOf(text)).toBe(200)
  expect(await statusOf()).toBe(401)
})

test('keys are checked while ClickHouse is away, after a restart too, and nothing is let through', async () => {
  const proxy = await startProxy(store.url)
  const { text } = await createApiKey(store, { project: 'shop' })
  const config = { store: { ...store, url: proxy.url }, walDirectory: temporaryDirectory() }
  collector = await startTestCollector(config)
  expect(await statusOf(text)).toBe(200)
  await proxy.shut()
  expect(await statusOf(text)).toBe(200)
  await collector.close()
  collector = await startTestCollector(config)
  expect(await statusOf(text)).toBe(200)
  expect(await statusOf()).toBe(401)
  // Made meanwhile: this collector cannot know.
  const late = await createApiKey(store, { project: 'late' })
  const unsure = await send(late.text)
  expect([unsure.status, unsure.headers.get('retry-after')]).toEqual([503, '1'])
  await proxy.open()
  await untilStatus(200, late.text)
  await untilStored(collector)
  expect(await projects()).toEqual(['late', 'shop'])
  await collector.close()
  await proxy.shut()
})

test('a project that sends too much is told when to come again; others are not held up, and no request is halved', async () => {
  const [shop, desk] = [
    await createApiKey(store, { project: 'shop' }),
    await createApiKey(store, { project: 'desk' }),
  ]
  collector = await startTestCollector({ store, rateLimit: 0.1 })
  expect([await statusOf(shop.text), await statusOf(shop.text)]).toEqual([200, 429])
  const refused = await send(shop.text)
  const wait = Number(refused.headers.get('retry-after'))
  expect(wait).toBeGreaterThan(0)
  expect(wait).toBeLessThanOrEqual(10)
  expect(await refused.json()).toMatchObject({
    code: 8,
    message: expect.stringMatching(/project shop sent more than 0.1 spans/),
  })
  expect(await statusOf(desk.text)).toBe(200)
  const metrics = await (await fetch(`${collector.url}/metrics`)).text()
  expect(metrics).toMatch(/^weir_request_errors_total\{transport="http",reason="rate_limited"\} 2$/m)
  expect(metrics).toMatch(/^weir_spans_received_total 2$/m)
})

test('over gRPC too: UNAVAILABLE, with the time to wait for', async () => {
  collector = await startTestCollector({ store, grpcPort: 0, rateLimit: 0.1 })
  const client = new GrpcClient(collector.grpcPort!)
  const message = protobufOfJson(Buffer.from(JSON.stringify(requestOf([{}]))))
  expect((await client.export(message)).error).toBeUndefined()
  const { error } = await client.export(message)
  expect(error).toMatchObject({
    code: 14,
    details: expect.stringMatching(/sent more than 0.1 spans a second/),
  })
  expect(retryDelay(error)).toBeGreaterThan(0)
  client.close()
})
