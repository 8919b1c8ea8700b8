import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Collector, startCollector } from '../collector.ts'
import { protobufOfJson } from '../decode/json.ts'
import { freePort } from '../testing/free-port.ts'
import { requestOf } from '../testing/normalised.ts'

const LIMIT = 10_000
const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

const good = Buffer.from(JSON.stringify(requestOf([{}])))
const withoutId = Buffer.from(JSON.stringify(requestOf([{ traceId: '' }, { spanId: '00' }])))
let collector: Collector

// No ClickHouse listens there: what is answered here is answered without one.
beforeAll(async () => {
  const store = { url: `http://127.0.0.1:${await freePort()}`, database: 'none', project: 'default' }
  collector = await startCollector({
    store,
    port: 0,
    logLevel: 'silent',
    maxBodyBytes: LIMIT,
    maxPendingBytes: 5 * LIMIT,
  })
})
afterAll(() => collector?.close())

async function send(body: Uint8Array, headers: Record<string, string>, method = 'POST', path = '/v1/traces') {
  const request = { method, headers, ...(body.length > 0 && { body: new Uint8Array(body) }) }
  const response = await fetch(`${collector.url}${path}`, request)
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, bytes, text: bytes.toString() }
}

const json = (body: string | Buffer, headers: Record<string, string> = {}) =>
  send(Buffer.from(body), { 'content-type': JSON_TYPE, ...headers })
const protobuf = (body: Buffer, headers: Record<string, string> = {}) =>
  send(body, { 'content-type': PROTOBUF, ...headers })

describe('answers', () => {
  test('an empty request is a full success', async () => {
    expect(await json('{}')).toMatchObject({ status: 200, text: '{}' })
    const response = await protobuf(Buffer.alloc(0))
    expect(response).toMatchObject({ status: 200, text: '' })
    expect(response.headers.get('content-type')).toBe(PROTOBUF)
  })

  test('spans with invalid ids are a partial success', async () => {
    const errorMessage = '2 spans have an invalid trace id or span id'
    const response = await json(withoutId)
    expect(response.status).toBe(200)
    expect(JSON.parse(response.text)).toEqual({ partialSuccess: { rejectedSpans: '2', errorMessage } })
    const binary = await protobuf(protobufOfJson(withoutId))
    expect(binary.status).toBe(200)
    expect(binary.text).toContain(errorMessage)
  })

  test('what cannot be decoded is a 400 with a Status in the request’s encoding', async () => {
    const response = await json('{"resourceSpans":')
    expect(response.status).toBe(400)
    expect(JSON.parse(response.text)).toMatchObject({ code: 3, message: expect.stringContaining('not JSON') })
    const binary = await protobuf(Buffer.from([0xff]))
    expect(binary.status).toBe(400)
    expect(binary.headers.get('content-type')).toBe(PROTOBUF)
    expect([...binary.bytes.subarray(0, 3)]).toEqual([0x08, 3, 0x12])
    expect(binary.text).toContain('truncated varint')
  })

  test('without ClickHouse it is a 503 that asks to come again in a second', async () => {
    const response = await json(good)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(JSON.parse(response.text)).toMatchObject({ code: 14 })
    expect((await protobuf(protobufOfJson(good))).status).toBe(503)
  })

  test.for(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is a 405', async (method) => {
    const response = await send(Buffer.alloc(0), {}, method)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect(JSON.parse(response.text)).toMatchObject({ code: 12 })
  })

  test.for(['/', '/v1/metrics', '/v1/traces/x', '/V1/TRACES'])('%s is a 404', async (path) => {
    const response = await send(good, { 'content-type': JSON_TYPE }, 'POST', path)
    expect(response.status).toBe(404)
    expect(JSON.parse(response.text)).toMatchObject({ code: 5 })
  })
})

describe('media types', () => {
  test.for(['application/json; charset=utf-8', 'Application/JSON', ' application/json ;x=y'])(
    '%s is JSON',
    async (type) => {
      expect(await send(Buffer.from('{}'), { 'content-type': type })).toMatchObject({
        status: 200,
        text: '{}',
      })
    },
  )

  test.for(['application/x-protobuf; proto=x', 'APPLICATION/X-PROTOBUF', 'application/protobuf'])(
    '%s is protobuf',
    async (type) => {
      expect((await send(Buffer.from([]), { 'content-type': type })).status).toBe(200)
    },
  )

  test.for([
    'text/plain',
    'application/octet-stream',
    'application/jsonx',
    'nonsense',
    'application/x-www-form-urlencoded',
  ])('%s is a 415', async (type) => {
    const response = await send(good, { 'content-type': type })
    expect(response.status).toBe(415)
    expect(JSON.parse(response.text)).toMatchObject({ code: 3 })
  })

  test.for(['br', 'deflate', 'snappy', 'gzip, gzip'])('content-encoding %s is a 415', async (encoding) => {
    expect((await json(good, { 'content-encoding': encoding })).status).toBe(415)
  })

  test.for(['gzip', 'GZIP', 'x-gzip'])('content-encoding %s', async (encoding) => {
    expect((await json(gzipSync('{}'), { 'content-encoding': encoding })).status).toBe(200)
    expect((await json(gzipSync(withoutId), { 'content-encoding': encoding })).status).toBe(200)
  })

  test('identity', async () => {
    expect((await json('{}', { 'content-encoding': 'identity' })).status).toBe(200)
  })

  test('broken gzip is a 400', async () => {
    const cut = gzipSync(good).subarray(0, -6)
    expect((await json(cut, { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await json(good, { 'content-encoding': 'gzip' })).status).toBe(400)
  })
})

describe('limits', () => {
  test('a body over the limit is a 413, at the limit it is not', async () => {
    expect((await json(`{}${' '.repeat(LIMIT - 2)}`)).status).toBe(200)
    const response = await json(`{}${' '.repeat(LIMIT - 1)}`)
    expect(response.status).toBe(413)
    expect(JSON.parse(response.text)).toMatchObject({ code: 8 })
  })

  test('the limit holds after decompression', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    expect((await json(bomb, { 'content-encoding': 'gzip' })).status).toBe(413)
    expect((await json(gzipSync(`{}${' '.repeat(LIMIT - 2)}`), { 'content-encoding': 'gzip' })).status).toBe(
      200,
    )
  })

  test('without room for more bytes it is a 503, and the room comes back', async () => {
    const store = { url: collector.url, database: 'none', project: 'default' }
    const small = await startCollector({ store, port: 0, logLevel: 'silent', maxPendingBytes: 2000 })
    const post = (size: number) =>
      fetch(`${small.url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': JSON_TYPE },
        body: `{}${' '.repeat(size)}`,
      })
    for (const size of [3000, 3000, 1500, 1500, 3000, 1500]) {
      const response = await post(size)
      expect([response.status, response.headers.get('retry-after')]).toEqual(
        size > 2000 ? [503, '1'] : [200, null],
      )
    }
    await small.close()
  })
})

describe('operation', () => {
  test('alive, but not ready without ClickHouse', async () => {
    expect(await send(Buffer.alloc(0), {}, 'GET', '/healthz')).toMatchObject({ status: 200 })
    const ready = await send(Buffer.alloc(0), {}, 'GET', '/readyz')
    expect(ready).toMatchObject({ status: 503, text: expect.stringContaining('cannot be reached') })
  })

  test('every span that was received is accounted for', async () => {
    await Promise.all([json(good), json(withoutId), json(good)])
    const { text } = await send(Buffer.alloc(0), {}, 'GET', '/metrics')
    const value = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
    const unavailable = value('weir_spans_rejected_total\\{reason="unavailable"\\}')
    const invalid = value('weir_spans_rejected_total\\{reason="invalid_id"\\}')
    expect(unavailable).toBeGreaterThanOrEqual(2)
    expect(invalid).toBeGreaterThanOrEqual(2)
    expect(value('weir_spans_received_total')).toBe(unavailable + invalid)
    expect(value('weir_spans_stored_total')).toBe(0)
    expect(value('weir_spans_pending')).toBe(0)
    expect(text).toMatch(/^weir_request_duration_seconds_count \d+$/m)
  })
})

test('a port that is taken is an error with its code', async () => {
  const store = { url: collector.url, database: 'none', project: 'default' }
  await expect(startCollector({ store, port: collector.port, logLevel: 'silent' })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
})
