import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePorts } from '@weir/engines/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { flow, flush, init, shutdown } from '../index.ts'
import { receive } from '../testing.ts'

const work = flow('work', async (input: number) => flow.step('double', () => input * 2))
const said = vi.spyOn(console, 'warn').mockImplementation(() => {})

beforeEach(() => said.mockClear())
afterEach(async () => {
  await shutdown({ timeout: 0 })
  vi.unstubAllEnvs()
})

it('posts OTLP JSON with resource, key and headers', async () => {
  vi.stubEnv('OTEL_SERVICE_NAME', 'ignored')
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=staging,team=river')
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=t1')
  await using receiver = await receive()
  init({ serviceName: 'svc', serviceVersion: '1.2', revision: 'abc', endpoint: receiver.url, apiKey: 'k' })
  await work.run(21)
  expect(await flush()).toEqual({ exported: 2, lost: 0, pending: 0 })

  const [request] = receiver.requests
  expect(receiver.requests).toHaveLength(1)
  expect(request?.path).toBe('/v1/traces')
  expect(request?.headers).toMatchObject({
    authorization: 'Bearer k',
    'x-tenant': 't1',
    'content-type': 'application/json',
  })
  expect(request?.resource).toMatchObject({
    'service.name': 'svc',
    'service.version': '1.2',
    'deployment.environment.name': 'staging',
    'vcs.ref.head.revision': 'abc',
    team: 'river',
  })
  const [step, run] = request?.spans ?? []
  expect(run).toMatchObject({ name: 'work', attributes: { 'weir.run.status': 'ok', 'output.value': '42' } })
  expect(step).toMatchObject({ name: 'double', traceId: run?.traceId, parentSpanId: run?.spanId })
  expect(step?.attributes['weir.step.index']).toBe(0)
  expect(step?.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(BigInt(step?.endTimeUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(step?.startTimeUnixNano ?? 1))
})

it('sends by itself after a while', async () => {
  await using receiver = await receive()
  init({ endpoint: receiver.url })
  await work.run(1)
  await vi.waitFor(() => expect(receiver.requests).toHaveLength(1), 5_000)
})

it('sends full batches at once, all of them, each span once', async () => {
  await using receiver = await receive()
  init({ endpoint: receiver.url })
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => work.run(n)))
  expect(await flush({ timeout: '1m' })).toMatchObject({ exported: 2_000, lost: 0, pending: 0 })
  const ids = receiver.requests.flatMap(({ spans }) => spans.map((span) => span.spanId))
  expect(new Set(ids).size).toBe(2_000)
  expect(ids).toHaveLength(2_000)
})

it('counts what the collector refuses for good, and says it once', async () => {
  await using receiver = await receive([400, 400])
  init({ endpoint: receiver.url })
  await work.run(1)
  expect(await flush()).toEqual({ exported: 0, lost: 2, pending: 0, reason: 'HTTP 400 Bad Request' })
  await work.run(1)
  expect(await flush()).toMatchObject({ lost: 2 })
  expect(said.mock.calls).toEqual([['weir: spans lost: 2 (HTTP 400 Bad Request)']])
})

it('says what a collector that wants another key expects', async () => {
  await using receiver = await receive([401])
  init({ endpoint: receiver.url })
  await work.run(1)
  const reason = 'HTTP 401 Unauthorized, expected a valid key in WEIR_API_KEY: `weir keys create` makes one'
  expect(await flush()).toMatchObject({ lost: 2, reason })
})

it('repeats nothing that the collector has said of the key', async () => {
  const message = 'an API key is required: `weir keys create` makes one'
  const server = createHttpServer((request, response) => {
    request.resume().on('end', () => response.writeHead(401).end(JSON.stringify({ message })))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  init({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  await work.run(1)
  expect(await flush()).toMatchObject({ lost: 2, reason: `HTTP 401 Unauthorized: ${message}` })
  server.close()
})

it('says where it sent to when something else listens there, or nothing', async () => {
  await using receiver = await receive([404])
  init({ endpoint: `${receiver.url.replace('//', '//ada:secret@')}/v1/traces?token=secret` })
  await work.run(1)
  const traces = `${receiver.url}/v1/traces`
  expect(await flush()).toMatchObject({ reason: `HTTP 404 Not Found, expected a collector at ${traces}` })
  await shutdown()

  const secure = receiver.url.replace('http:', 'https:')
  init({ endpoint: secure })
  await work.run(1)
  const { reason } = await flush({ timeout: 500 })
  expect(reason).toMatch(/^EPROTO .*wrong version number.*, sending to https:\S+\/v1\/traces$/s)
})

it('keeps to the deadline when the collector is down, and delivers once it is back', async () => {
  const [port] = await freePorts(1)
  init({ endpoint: `http://127.0.0.1:${port}` })
  expect(await work.run(4)).toBe(8)
  const result = await flush({ timeout: 300 })
  expect(result).toMatchObject({ exported: 0, lost: 0, pending: 2 })

  await using receiver = await receive([], port)
  expect(await flush()).toMatchObject({ exported: 2, lost: 0, pending: 0 })
  expect(receiver.requests.flatMap(({ spans }) => spans.map((span) => span.name))).toEqual(['double', 'work'])
})

it('flushes what there is, not what comes meanwhile', async () => {
  const answers: (() => void)[] = []
  const server = createHttpServer((request, response) => {
    request.resume().on('end', () => answers.push(() => response.end('{}')))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  init({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  await work.run(1)
  const flushed = flush()
  await vi.waitFor(() => expect(answers).toHaveLength(1), 10_000)
  await work.run(2)
  answers[0]!()
  expect(await flushed).toEqual({ exported: 2, lost: 0, pending: 0 })
  await vi.waitFor(() => expect(answers).toHaveLength(2), 10_000)
  answers[1]!()
  expect(await flush()).toMatchObject({ exported: 2, pending: 0 })
  server.close()
  server.closeAllConnections()
})

it('sends several requests at once, and no more than four', async () => {
  const answers: (() => void)[] = []
  let most = 0
  const server = createHttpServer((request, response) => {
    request.resume().on('end', () => {
      answers.push(() => response.end('{}'))
      most = Math.max(most, answers.length)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  init({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  await Promise.all(Array.from({ length: 1_600 }, (_, n) => work.run(n)))
  await vi.waitFor(() => expect(answers).toHaveLength(4), 10_000)
  const flushed = flush()
  const answering = setInterval(() => answers.shift()?.(), 1)
  expect(await flushed).toMatchObject({ exported: 3_200, lost: 0, pending: 0 })
  clearInterval(answering)
  expect(most).toBe(4)
  server.close()
  server.closeAllConnections()
})

describe('a platform that freezes processes', () => {
  const inner = flow('inner', () => 1)
  const outer = flow('outer', () => inner.run())

  it('waits for what was recorded before the outermost run settles', async () => {
    await using receiver = await receive()
    init({ endpoint: receiver.url, flush: 'await' })
    await outer.run()
    expect(receiver.requests.flatMap(({ spans }) => spans.map(({ name }) => name))).toEqual([
      'inner',
      'outer',
    ])
    const failing = flow('failing', () => Promise.reject(new Error('no')))
    await expect(failing.run()).rejects.toThrow('no')
    expect(receiver.requests.at(-1)?.spans[0]?.name).toBe('failing')
  })

  it('is given the promise of the delivery', async () => {
    await using receiver = await receive()
    const given: Promise<unknown>[] = []
    init({ endpoint: receiver.url, flush: (delivered) => given.push(delivered) })
    await outer.run()
    expect(given).toHaveLength(1)
    await Promise.all(given)
    expect(receiver.requests.flatMap(({ spans }) => spans)).toHaveLength(2)
  })

  it('is not held for long by a collector that is down', async () => {
    init({ endpoint: 'http://127.0.0.1:9', flush: 'await' })
    const began = performance.now()
    expect(await outer.run()).toBe(1)
    expect(performance.now() - began).toBeLessThan(20_000)
  })
})

it('drops what exceeds the queue, counted', async () => {
  await using receiver = await receive()
  init({ endpoint: receiver.url, maxQueueSize: 10 })
  await Promise.all(Array.from({ length: 20 }, (_, n) => work.run(n)))
  expect(await flush()).toMatchObject({ exported: 10, lost: 30, pending: 0 })
})

it.each([
  [
    'throws',
    () => {
      throw new Error('broken exporter')
    },
  ],
  [
    'fails',
    (_: unknown, done: (result: { code: number; error: Error }) => void) =>
      done({ code: 1, error: new Error('broken exporter') }),
  ],
])('survives an exporter that %s', async (_, exportSpans) => {
  init({ exporter: { export: exportSpans, shutdown: () => Promise.reject(new Error('no')) } })
  expect(await work.run(4)).toBe(8)
  expect(await flush()).toEqual({ exported: 0, lost: 2, pending: 0, reason: 'broken exporter' })
})

it('waits for an exporter that takes its time, for everyone who asks', async () => {
  const exportSpans = (_: unknown, done: (result: { code: number }) => void) => {
    setTimeout(done, 20, { code: 0 })
  }
  init({ exporter: { export: exportSpans, shutdown: async () => {} } })
  await work.run(4)
  const results = await Promise.all([flush({ timeout: '1h' }), flush({ timeout: '1h' })])
  expect(results.reduce((sum, { exported }) => sum + exported, 0)).toBe(2)
})

it('survives an exporter that never answers', async () => {
  init({ exporter: { export: () => {}, shutdown: async () => {} } })
  expect(await work.run(4)).toBe(8)
  const results = await Promise.all([flush({ timeout: 20 }), flush({ timeout: 20 })])
  expect(results[0]).toEqual({ exported: 0, lost: 0, pending: 2 })
})
