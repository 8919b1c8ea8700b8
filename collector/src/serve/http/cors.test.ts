import { afterEach, describe, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { exchange, type RawRequest, rawRequest } from '../../testing/raw-http.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const APP = 'https://app.example.com'
const OTHER = 'https://other.example.com'

let collector: Collector | undefined
afterEach(() => collector?.close())

async function start(
  ...corsOrigins: readonly string[]
): Promise<(request: RawRequest) => ReturnType<typeof exchange>> {
  collector = await startTestCollector({ corsOrigins })
  const { port } = collector
  return (request) => exchange(port, rawRequest(request))
}

const preflight = (origin: string): RawRequest => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-encoding,content-type,x-api-key,x-tenant',
  },
})
const post = (origin?: string, body = '{}'): RawRequest => ({
  headers: { 'content-type': 'application/json', ...(origin && { origin }) },
  body,
})

test('without origins there is no CORS: pages are refused, all else is answered', async () => {
  const send = await start()
  const refused = [await send(preflight(APP)), await send(post(APP))]
  expect(refused.map(({ status }) => status)).toEqual([403, 403])
  const answer = await send(post())
  expect(answer.status).toBe(200)
  expect(answer.headers).not.toHaveProperty('vary')
  for (const { headers } of [...refused, answer]) {
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  }
})

describe('with a list of origins', () => {
  test('one of them may send what exporters send', async () => {
    const send = await start(APP, OTHER)
    const { status, headers, body } = await send(preflight(APP))
    expect(status).toBe(204)
    expect(body).toHaveLength(0)
    expect(headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization,content-encoding,content-type,x-api-key,x-tenant',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '7200',
      vary: expect.stringContaining('Origin'),
    })
  })

  test('its answers may be read, errors too', async () => {
    const send = await start(APP)
    for (const body of ['{}', 'x']) {
      const { status, headers } = await send(post(APP, body))
      expect(status).toBe(body === 'x' ? 400 : 200)
      expect(headers).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-expose-headers': 'retry-after',
        vary: 'Origin',
      })
    }
  })

  test.for(['/api/public/otel/v1/traces', '/otel/v1/traces', '/v1/metrics', '/v1/logs'])(
    'they may send to %s',
    async (target) => {
      const send = await start(APP)
      for (const request of [preflight(APP), post(APP)]) {
        const { status, headers } = await send({ ...request, target })
        expect(status).toBe(request.method === 'OPTIONS' ? 204 : 200)
        expect(headers).toMatchObject({ 'access-control-allow-origin': APP })
      }
      expect((await send({ ...post(OTHER), target })).status).toBe(403)
    },
  )

  test('no other may, and caches are told that answers differ', async () => {
    const send = await start(APP)
    for (const [request, expected] of [
      [preflight(OTHER), 403],
      [post(OTHER), 403],
      [preflight('null'), 403],
      [preflight(`${APP}.evil.example`), 403],
      [post(), 200],
    ] as const) {
      const { status, headers } = await send(request)
      expect(status).toBe(expected)
      expect(headers).not.toHaveProperty('access-control-allow-origin')
      expect(headers.vary).toContain('Origin')
    }
  })
})

test('with * all may, without credentials', async () => {
  const send = await start('*')
  for (const request of [preflight(OTHER), post(OTHER)]) {
    const { status, headers } = await send(request)
    expect(status).toBe(request.method === 'OPTIONS' ? 204 : 200)
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*' })
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  }
})

test('other paths have none, and pages get nothing there', async () => {
  const send = await start('*')
  for (const target of ['/metrics', '/readyz', '/info', '/api/public/projects']) {
    const { status, headers } = await send({ method: 'GET', target, headers: { origin: APP } })
    expect(status).toBe(403)
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  }
})
