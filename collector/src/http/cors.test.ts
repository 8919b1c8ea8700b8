import { afterEach, describe, expect, test } from 'vitest'
import type { Collector } from '../collector.ts'
import { exchange, type RawRequest, rawRequest } from '../testing/raw-http.ts'
import { startTestCollector } from '../testing/start-collector.ts'

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
    'access-control-request-headers': 'authorization,content-encoding,content-type,x-tenant',
  },
})
const post = (origin?: string, body = '{}'): RawRequest => ({
  headers: { 'content-type': 'application/json', ...(origin && { origin }) },
  body,
})

test('without origins there is no CORS: nothing is allowed, requests are answered all the same', async () => {
  const send = await start()
  const asked = await send(preflight(APP))
  expect(asked.status).toBe(405)
  const answer = await send(post(APP))
  expect(answer.status).toBe(200)
  for (const { headers } of [asked, answer]) {
    expect(
      Object.keys(headers).filter((name) => name.startsWith('access-control') || name === 'vary'),
    ).toEqual([])
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
      'access-control-allow-headers': 'authorization,content-encoding,content-type,x-tenant',
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

  test('no other may, and caches are told that answers differ', async () => {
    const send = await start(APP)
    for (const request of [
      preflight(OTHER),
      post(OTHER),
      preflight('null'),
      preflight(`${APP}.evil.example`),
      post(),
    ]) {
      const { headers } = await send(request)
      expect(headers).not.toHaveProperty('access-control-allow-origin')
      expect(headers.vary).toContain('Origin')
    }
  })
})

test('with * all may, without credentials', async () => {
  const send = await start('*')
  for (const request of [preflight(OTHER), post(OTHER)]) {
    const { headers } = await send(request)
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*' })
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  }
})

test('other paths have none', async () => {
  const send = await start('*')
  for (const target of ['/metrics', '/readyz', '/v1/logs']) {
    const { headers } = await send({ method: 'GET', target, headers: { origin: APP } })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  }
})
