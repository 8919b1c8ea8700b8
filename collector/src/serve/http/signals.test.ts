import { gzipSync } from 'node:zlib'
import { protobufOfJson } from '@weir/dialects'
import { requestOf } from '@weir/dialects/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { chunk, exchange, RawConnection, type RawRequest, rawRequest } from '../../testing/raw-http.ts'
import { rpcStatusOf } from '../../testing/rpc-status.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const LIMIT = 100_000
const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'
const typed = { 'content-type': JSON_TYPE }

let collector: Collector
beforeAll(async () => {
  collector = await startTestCollector({ maxBodyBytes: LIMIT, maxPendingBytes: LIMIT })
})
afterAll(() => collector?.close())

const send = (request: RawRequest) => exchange(collector.port, rawRequest(request))

async function counted(): Promise<string[]> {
  const text = (await send({ method: 'GET', target: '/metrics' })).body.toString()
  return text.split('\n').filter((line) => /^weir_(requests|request_errors)/.test(line))
}

/** The lines of the request metrics that changed. */
async function changes(of: () => Promise<unknown>): Promise<string[]> {
  const before = await counted()
  await of()
  return (await counted()).filter((line) => !before.includes(line))
}

const BASES = ['', '/api/public/otel', '/otel']
const paths = (signal: string) => BASES.map((base) => `${base}/v1/${signal}`)
const IGNORED = [...paths('metrics'), ...paths('logs')]

describe('traces', () => {
  const body = JSON.stringify(requestOf([{ traceId: '' }]))

  test.for([
    ...paths('traces'),
    '/otel/v1/traces/?x=y',
    'http://127.0.0.1:4318/api/public/otel/v1/traces',
    // A base URL that ends with a slash.
    '//api/public/otel/v1/traces',
  ])('are taken at %s', async (target) => {
    const answer = await send({ target, headers: typed, body })
    expect(answer).toMatchObject({ status: 200 })
    expect(JSON.parse(String(answer.body))).toMatchObject({ partialSuccess: { rejectedSpans: '1' } })
  })

  test.for(['/api/public/otel', '/api/public/otel/v1/', '/api/v1/traces', '//v1/traces//', '///v1/traces'])(
    'are not taken at %s',
    async (target) => {
      expect((await send({ target, headers: typed, body })).status).toBe(404)
    },
  )
})

describe.each(IGNORED)('%s', (target) => {
  test('is taken in the encoding of the request, without a word that a client would print', async () => {
    for (const body of ['{}', '{"resourceMetrics":[{"scopeMetrics":[]}]}', 'nonsense', '']) {
      const json = await send({ target, headers: typed, body })
      expect(json).toMatchObject({ status: 200, headers: { 'content-type': JSON_TYPE } })
      expect(String(json.body)).toBe('{}')
    }
    const headers = { 'content-type': PROTOBUF, 'content-encoding': 'gzip' }
    const protobuf = await send({ target: `${target}/`, headers, body: gzipSync('x') })
    expect(protobuf).toMatchObject({
      status: 200,
      headers: { 'content-type': PROTOBUF, 'content-length': '0' },
    })
  })

  test.for<[string, RawRequest, number, number]>([
    ['GET', { method: 'GET' }, 405, 12],
    ['no content-type', { headers: {}, body: '{}' }, 415, 3],
    ['a coding that there is not', { headers: { ...typed, 'content-encoding': 'br' }, body: '{}' }, 415, 3],
    ['a body over the limit', { headers: typed, body: ' '.repeat(LIMIT + 1) }, 413, 8],
  ])('refuses what traces are refused for: %s', async ([_, request, status, code]) => {
    const answer = await send({ target, ...request })
    expect(answer.status).toBe(status)
    expect(rpcStatusOf(answer).code).toBe(code)
  })
})

test('what is ignored is counted by signal, and not as requests for traces', async () => {
  const grown = await changes(async () => {
    await send({ target: '/v1/metrics', headers: typed, body: '{}' })
    await send({ target: '/otel/v1/logs', headers: typed, body: '{}' })
    await send({ target: '/v1/logs', body: '{}' })
  })
  const value = (name: string) => grown.find((line) => line.startsWith(name))
  expect(grown).toHaveLength(3)
  expect(value('weir_requests_ignored_total{transport="http",signal="metrics"}')).toBeDefined()
  expect(value('weir_requests_ignored_total{transport="http",signal="logs"}')).toBeDefined()
  expect(value('weir_request_errors_total{transport="http",reason="unsupported"}')).toBeDefined()
})

test('what is ignored is read to its end, and takes no room of spans', async () => {
  const half = Buffer.alloc(LIMIT / 2, ' ')
  const chunked = { ...typed, 'transfer-encoding': 'chunked' }
  const open = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const connection = await RawConnection.open(collector.port)
      await connection.write(
        rawRequest({ target: '/v1/metrics', headers: chunked, sized: false }),
        chunk(half),
      )
      return connection
    }),
  )
  // Twice the room that all requests have together has come, and spans are still taken.
  const body = protobufOfJson(Buffer.from(JSON.stringify(requestOf([{ traceId: '' }]))))
  expect((await send({ headers: { 'content-type': PROTOBUF }, body })).status).toBe(200)
  for (const connection of open) {
    await connection.write(chunk(half), '0\r\n\r\n', rawRequest({ headers: typed, body: '{}' }))
    expect([await connection.response(), await connection.response()]).toMatchObject([
      { status: 200 },
      { status: 200 },
    ])
    connection.destroy()
  }
})

test('what is ignored and does not end is a refusal, too', async () => {
  const grown = await changes(async () => {
    const connection = await RawConnection.open(collector.port)
    await connection.write(
      rawRequest({ target: '/v1/logs', headers: { ...typed, 'content-length': '9' }, sized: false }),
    )
    connection.destroy()
    await connection.closed()
    await expect
      .poll(async () => (await counted()).find((line) => line.startsWith('weir_requests_in_flight')))
      .toMatch(/ 0$/)
  })
  expect(grown).toEqual([
    expect.stringMatching(/^weir_request_errors_total\{transport="http",reason="cut_off"\} \d+$/),
  ])
})

describe('what SDKs of other products ask for', () => {
  test('Langfuse asks for the project of its keys', async () => {
    const answer = await send({ method: 'GET', target: '/api/public/projects' })
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': JSON_TYPE } })
    // All that langfuse 5.0's model of a project requires.
    expect(JSON.parse(String(answer.body))).toEqual({
      data: [{ id: 'default', name: 'default', organization: { id: 'weir', name: 'Weir' }, metadata: {} }],
    })
  })

  test('LangSmith asks what its server can do beyond the defaults', async () => {
    expect(await send({ method: 'GET', target: '/info' })).toMatchObject({
      status: 200,
      body: Buffer.from('{}'),
    })
  })

  test.for(['/api/public/projects', '/info'])('nothing else is done at %s', async (target) => {
    expect(await send({ target })).toMatchObject({ status: 405, headers: { allow: 'GET' } })
  })
})
