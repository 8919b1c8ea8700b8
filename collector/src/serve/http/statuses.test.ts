import { gzipSync } from 'node:zlib'
import { protobufOfJson } from '@weir/dialects'
import { requestOf } from '@weir/dialects/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { exchange, RawConnection, type RawRequest, rawRequest } from '../../testing/raw-http.ts'
import { rpcStatusOf } from '../../testing/rpc-status.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'
const LIMIT = 2_000_000

let collector: Collector
beforeAll(async () => {
  collector = await startTestCollector({ maxBodyBytes: LIMIT })
})
afterAll(() => collector?.close())

const send = (request: RawRequest) => exchange(collector.port, rawRequest(request))
const json = (body: string | Buffer, headers: Record<string, string> = {}) =>
  send({ headers: { 'content-type': JSON_TYPE, ...headers }, body })
const protobuf = (body: Buffer, headers: Record<string, string> = {}) =>
  send({ headers: { 'content-type': PROTOBUF, ...headers }, body })

const good = Buffer.from(JSON.stringify(requestOf([{}])))
const someInvalid = Buffer.from(JSON.stringify(requestOf([{ traceId: '' }, {}, { spanId: '00' }])))

describe('success', () => {
  test('leaves partial_success unset, in the encoding of the request', async () => {
    const answer = await json(good)
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': JSON_TYPE } })
    expect(answer.body.toString()).toBe('{}')
    const binary = await protobuf(protobufOfJson(good))
    expect(binary).toMatchObject({
      status: 200,
      headers: { 'content-type': PROTOBUF, 'content-length': '0' },
    })
  })

  test.for(['{}', '{"resourceSpans":[]}', '{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]}'])(
    'an empty request is one: %s',
    async (body) => {
      expect((await json(body)).body.toString()).toBe('{}')
      expect(await protobuf(protobufOfJson(Buffer.from(body)))).toMatchObject({ status: 200 })
    },
  )

  test('invalid ids reject their spans only, in a partial success', async () => {
    const errorMessage = '2 spans have an invalid trace id or span id'
    const answer = await json(someInvalid)
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body.toString())).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage },
    })
    const { status, body } = await protobuf(protobufOfJson(someInvalid))
    expect(status).toBe(200)
    expect(body[0]).toBe(0x0a)
    expect(body.toString()).toContain(errorMessage)
  })

  test.for(['/v1/traces/', '/v1/traces?key=value', 'http://127.0.0.1:4318/v1/traces'])(
    'the target may be %s',
    async (target) => {
      expect(await send({ target, headers: { 'content-type': JSON_TYPE }, body: '{}' })).toMatchObject({
        status: 200,
      })
    },
  )

  test.for([
    ['application/json; charset=utf-8', JSON_TYPE],
    ['Application/JSON', JSON_TYPE],
    ['application/json ;x=y', JSON_TYPE],
    ['application/x-protobuf; messageType="x.y.Z"', PROTOBUF],
    ['APPLICATION/X-PROTOBUF', PROTOBUF],
    ['application/protobuf', PROTOBUF],
  ])('content-type %s', async ([type, answered]) => {
    const body = answered === JSON_TYPE ? '{}' : ''
    const answer = await send({ headers: { 'content-type': type! }, body })
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': answered } })
  })
})

interface Refused {
  readonly of: string
  readonly request: RawRequest
  readonly status: number
  readonly code: number
  readonly says: string | RegExp
  readonly headers?: Readonly<Record<string, string>>
}

const typed = { 'content-type': JSON_TYPE }
const big = `{}${' '.repeat(LIMIT - 1)}`
const REFUSED: readonly Refused[] = [
  ...['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => ({
    of: method,
    request: { method, headers: typed },
    status: 405,
    code: 12,
    says: `${method} /v1/traces is not supported, expected POST`,
    headers: { allow: 'POST' },
  })),
  ...['/', '/v1/profiles', '/v1/traces/x', '/V1/TRACES', '/v1/traces//', '*', '/constructor'].map(
    (target) => ({
      of: `path ${target}`,
      request: { target, headers: typed },
      status: 404,
      code: 5,
      says: 'does not exist here, traces go to /v1/traces',
    }),
  ),
  ...['text/plain', 'application/octet-stream', 'application/jsonx', 'nonsense', 'application/grpc'].map(
    (type) => ({
      of: `content-type ${type}`,
      request: { headers: { 'content-type': type }, body: '{}' },
      status: 415,
      code: 3,
      says: `content-type ${type} is not supported`,
    }),
  ),
  { of: 'no content-type', request: { body: '{}' }, status: 415, code: 3, says: 'content-type none' },
  ...['br', 'snappy', 'compress', 'gzip, gzip', 'constructor'].map((coding) => ({
    of: `content-encoding ${coding}`,
    request: { headers: { ...typed, 'content-encoding': coding }, body: gzipSync('{}') },
    status: 415,
    code: 3,
    says: 'expected one of gzip, deflate, zstd, identity',
    headers: { 'accept-encoding': 'gzip, deflate, zstd, identity' },
  })),
  {
    of: 'no JSON',
    request: { headers: typed, body: '{"resourceSpans":' },
    status: 400,
    code: 3,
    says: /JSON/,
  },
  { of: 'empty JSON', request: { headers: typed }, status: 400, code: 3, says: /JSON/ },
  {
    of: 'a body over the limit',
    request: { headers: typed, body: big },
    status: 413,
    code: 8,
    says: '2000000 bytes',
  },
  {
    of: 'no host',
    request: { headers: { ...typed, host: undefined } },
    status: 400,
    code: 3,
    says: 'no host header',
  },
  {
    of: 'an unknown expectation',
    request: { headers: { ...typed, expect: 'x' } },
    status: 417,
    code: 3,
    says: '100-continue',
  },
]

describe('refused with a Status in JSON', () => {
  test.for(REFUSED)('$of', async ({ request, status, code, says, headers = {} }) => {
    const answer = await send(request)
    expect(answer).toMatchObject({ status, headers: { ...headers, 'content-type': JSON_TYPE } })
    expect(rpcStatusOf(answer)).toEqual({ code, message: expect.stringMatching(says) })
  })
})

const nestedJson = (depth: number) => `${'{"values":['.repeat(depth)}${']}'.repeat(depth)}`
const deepValue = (depth: number) =>
  JSON.stringify(requestOf([{ attributes: [{ key: 'a', value: 'VALUE' }] }])).replace(
    '"VALUE"',
    `${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`,
  )

test.for([
  ['members that nest 100,000 deep', nestedJson(100_000)],
  ['lists that nest 100,000 deep', `{"resourceSpans":${'['.repeat(100_000)}`],
  ['an attribute that nests 500 deep', deepValue(500)],
  ['a list where an object is expected', '[]'],
  ['null', 'null'],
  ['two values', '{}{}'],
  ['a trailing comma', '{"resourceSpans":[],}'],
  ['UTF-16', Buffer.from('{}', 'utf16le')],
  ['NaN as a number', '{"resourceSpans":NaN}'],
] as const)('undecodable: %s', async ([, body]) => {
  const answer = await json(body)
  expect(answer.status).toBe(400)
  expect(rpcStatusOf(answer)).toMatchObject({ code: 3 })
})

describe('refused with a Status in protobuf', () => {
  test.for([
    {
      of: 'an undecodable body',
      request: { body: Buffer.from([0xff]) },
      status: 400,
      code: 3,
      says: 'truncated',
    },
    {
      of: 'a body over the limit',
      request: { body: Buffer.alloc(LIMIT + 1) },
      status: 413,
      code: 8,
      says: 'larger',
    },
    { of: 'GET', request: { method: 'GET' }, status: 405, code: 12, says: 'expected POST' },
    { of: 'another path', request: { target: '/v1/spans' }, status: 404, code: 5, says: '/v1/spans' },
    {
      of: 'an unknown coding',
      request: { headers: { 'content-encoding': 'br' } },
      status: 415,
      code: 3,
      says: 'br',
    },
  ])('$of', async ({ request, status, code, says }) => {
    const answer = await send({
      ...request,
      headers: { 'content-type': PROTOBUF, ...(request as RawRequest).headers },
    })
    expect(answer).toMatchObject({ status, headers: { 'content-type': PROTOBUF } })
    expect(rpcStatusOf(answer)).toEqual({ code, message: expect.stringContaining(says) })
  })
})

test('a body of exactly the limit is none over it', async () => {
  expect((await json(`{}${' '.repeat(LIMIT - 2)}`)).status).toBe(200)
})

test('HEAD is answered without a body', async () => {
  const connection = await RawConnection.open(collector.port)
  await connection.write(
    rawRequest({ method: 'HEAD', headers: typed }),
    rawRequest({ headers: typed, body: '{}' }),
  )
  expect(await connection.response(true)).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  expect(await connection.response()).toMatchObject({ status: 200 })
  connection.destroy()
})
