import { status as grpcStatus } from '@grpc/grpc-js'
import { protobufOfJson } from '@weir/dialects'
import { requestOf } from '@weir/dialects/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { framed } from '../../testing/grpc-client.ts'
import { RawGrpc } from '../../testing/raw-grpc.ts'
import { exchange, type RawRequest, rawRequest } from '../../testing/raw-http.ts'
import { rpcStatusOf } from '../../testing/rpc-status.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

// Pages that reach the collector under a name of theirs, or from their own site: store/src/request-guard.ts has the rule.

const APP = 'https://app.example.com'
const EVIL = 'https://evil.example'
const body = Buffer.from(JSON.stringify(requestOf([{}])))
const json = { 'content-type': 'application/json' }

let collector: Collector
beforeAll(async () => {
  const allowedHosts = ['collector', '*.example.com']
  collector = await startTestCollector({ grpcPort: 0, allowedHosts, corsOrigins: [APP] })
})
afterAll(() => collector?.close())

const send = (request: RawRequest) => exchange(collector.port, rawRequest(request))

async function metric(name: string): Promise<number> {
  const metrics = (await send({ method: 'GET', target: '/metrics' })).body.toString()
  return Number(
    metrics
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length) ?? 0,
  )
}
const received = () => metric('weir_spans_received_total')
const refused = (reason: string, transport = 'http') =>
  metric(`weir_request_errors_total{transport="${transport}",reason="${reason}"}`)

const ROUTES: readonly RawRequest[] = [
  { target: '/v1/traces', headers: json, body },
  { target: '/api/public/otel/v1/traces', headers: json, body },
  { target: '/v1/metrics', headers: json, body },
  { method: 'GET', target: '/api/public/projects' },
  { method: 'GET', target: '/info' },
  { target: '/flush' },
  { method: 'GET', target: '/metrics' },
  { method: 'GET', target: '/healthz' },
  { method: 'GET', target: '/readyz' },
  { method: 'GET', target: '/nothing' },
  { method: 'OPTIONS', target: '/v1/traces', headers: { 'access-control-request-method': 'POST' } },
]
const at = (request: RawRequest, headers: RawRequest['headers']): RawRequest => ({
  ...request,
  headers: { ...request.headers, ...headers },
})

describe.each(ROUTES.map((route) => [`${route.method ?? 'POST'} ${route.target}`, route] as const))(
  '%s',
  (_name, route) => {
    test('answers to no name that is not ours, and does nothing', async () => {
      const [spans, errors] = [await received(), await refused('host')]
      for (const host of ['evil.example', `evil.example:${collector.port}`, 'example.com']) {
        const page = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
        expect((await send(at(route, page))).status).toBe(421)
        expect((await send(at(route, { host }))).status).toBe(421)
      }
      expect(await received()).toBe(spans)
      expect(await refused('host')).toBe(errors + 6)
    })

    // Without ClickHouse a flush has no end.
    test.skipIf(route.target === '/flush')('answers to the names that WEIR_ALLOWED_HOSTS has', async () => {
      const own = await send(route)
      for (const host of ['collector:4318', 'weir.example.com', '[::1]:4318', 'LOCALHOST.']) {
        expect((await send(at(route, { host }))).status).toBe(own.status)
      }
    })

    test('answers to no page of another origin, and does nothing', async () => {
      const [spans, errors] = [await received(), await refused('origin')]
      for (const origin of [EVIL, 'null', 'http://localhost:3000']) {
        const answer = await send(at(route, { origin }))
        expect(answer).toMatchObject({ status: 403, headers: { vary: 'Origin' } })
        expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
      }
      expect(await received()).toBe(spans)
      expect(await refused('origin')).toBe(errors + 3)
    })
  },
)

test('to listen on all addresses is no reason to answer to all names', async () => {
  const open = await startTestCollector({ host: '0.0.0.0' })
  const get = (host: string) =>
    exchange(open.port, rawRequest({ method: 'GET', target: '/metrics', headers: { host } }))
  expect((await get('evil.example')).status).toBe(421)
  expect((await get('192.168.0.7:4318')).status).toBe(200)
  await open.close()
})

test('the name that WEIR_HOST binds is ours', async () => {
  const named = await startTestCollector({ host: '127.1' })
  const get = (host: string) =>
    exchange(named.port, rawRequest({ method: 'GET', target: '/metrics', headers: { host } }))
  expect((await get('127.1:4318')).status).toBe(200)
  expect((await get('127.2:4318')).status).toBe(421)
  await named.close()
})

test('a page of a listed origin sends traces, and reaches nothing else', async () => {
  const spans = await received()
  const page = { origin: APP, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }
  expect((await send(at(ROUTES[0]!, page))).status).toBe(200)
  expect(await received()).toBe(spans + 1)
  for (const target of ['/flush', '/metrics']) {
    expect((await send({ target, method: target === '/flush' ? 'POST' : 'GET', headers: page })).status).toBe(
      403,
    )
  }
})

test('forms and images of other sites reach nothing where they name no origin; links open', async () => {
  const cross = { 'sec-fetch-site': 'cross-site' }
  const image = { ...cross, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }
  const link = { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  expect((await send({ target: '/flush', headers: link })).status).toBe(403)
  expect((await send({ method: 'GET', target: '/metrics', headers: image })).status).toBe(403)
  expect((await send({ method: 'GET', target: '/healthz', headers: link })).status).toBe(200)
})

test('a refusal is a Status that names what came and what to set', async () => {
  const foreignHost = await send(at(ROUTES[0]!, { host: 'evil.example' }))
  expect(foreignHost.headers['content-type']).toBe('application/json')
  expect(rpcStatusOf(foreignHost)).toEqual({
    code: 7,
    message: expect.stringMatching(/^the host "evil\.example" is not a name .* WEIR_ALLOWED_HOSTS/),
  })
  const foreignPage = await send(at(ROUTES[0]!, { origin: EVIL }))
  expect(rpcStatusOf(foreignPage)).toEqual({
    code: 7,
    message: expect.stringMatching(/"https:\/\/evil\.example", .* WEIR_CORS_ORIGINS/),
  })
})

test('the host of a whole URL counts, and two host headers are not HTTP', async () => {
  expect((await send({ ...ROUTES[0], target: 'http://evil.example/v1/traces' })).status).toBe(421)
  expect((await send({ ...ROUTES[0], target: 'http://localhost@evil.example/v1/traces' })).status).toBe(421)
  const twice = rawRequest({ target: '/flush' })
    .toString('latin1')
    .replace('host:', 'host: localhost\r\nhost:')
  expect((await exchange(collector.port, twice)).status).toBe(400)
  const other = twice.replace('host: localhost', 'host: evil.example')
  expect((await exchange(collector.port, other)).status).toBe(421)
})

test('no name is told to go on with a body, whoever says that it is ours', async () => {
  const headers = { ...json, host: 'evil.example', 'x-forwarded-host': 'localhost', expect: '100-continue' }
  expect((await send({ headers, body })).status).toBe(421)
})

describe('OTLP/gRPC', () => {
  const message = framed(Buffer.from(protobufOfJson(body)))

  async function call(headers: Record<string, string>) {
    const client = await RawGrpc.connect(collector.grpcPort!)
    try {
      return await client.call(message, headers)
    } finally {
      client.destroy()
    }
  }

  test('answers to names that are ours only', async () => {
    const spans = await received()
    for (const authority of ['collector:4317', 'localhost', '[::1]:4317', 'grpc.example.com']) {
      expect(await call({ ':authority': authority })).toMatchObject({ 'grpc-status': '0' })
    }
    for (const headers of [{ ':authority': 'evil.example:4317' }, { host: 'evil.example' }]) {
      const answer = await call(headers)
      expect(answer).toMatchObject({ 'grpc-status': String(grpcStatus.PERMISSION_DENIED) })
      expect(answer['grpc-message']).toMatch(/^the host "evil\.example.* WEIR_ALLOWED_HOSTS/)
    }
    expect(await received()).toBe(spans + 4)
    expect(await refused('host', 'grpc')).toBe(2)
  })

  test('takes nothing from pages', async () => {
    const spans = await received()
    expect(await call({ origin: EVIL })).toMatchObject({
      'grpc-status': String(grpcStatus.PERMISSION_DENIED),
    })
    expect(await received()).toBe(spans)
    expect(await refused('origin', 'grpc')).toBe(1)
  })
})
