import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { chunk, exchange, RawConnection, rawRequest } from '../../testing/raw-http.ts'
import { rpcStatusOf } from '../../testing/rpc-status.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

let collector: Collector
beforeAll(async () => {
  collector = await startTestCollector({ limits: { requestTimeout: 1000 } })
})
afterAll(() => collector?.close())

const open = () => RawConnection.open(collector.port)
const PROTOBUF = 'application/x-protobuf'
const typed = { 'content-type': 'application/json' }

describe('what is no HTTP/1.1 is a 400 that says so', () => {
  test.for<[string, string | Buffer, RegExp]>([
    ['garbage', 'nonsense\r\n\r\n', /not HTTP\/1\.1/],
    ['binary garbage', Buffer.from([0, 1, 2, 0xff, 0xfe]), /not HTTP\/1\.1/],
    ['a method that there is not', 'TRACES /v1/traces HTTP/1.1\r\n\r\n', /not HTTP\/1\.1/],
    ['a version that there is not', 'POST /v1/traces HTTP/3.7\r\nhost: x\r\n\r\n', /not HTTP\/1\.1/],
    ['a header without a name', 'POST /v1/traces HTTP/1.1\r\n: x\r\n\r\n', /not HTTP\/1\.1/],
    [
      'a length that is none',
      rawRequest({ headers: { 'content-length': 'x' }, sized: false }),
      /not HTTP\/1\.1/,
    ],
    [
      'a negative length',
      rawRequest({ headers: { 'content-length': '-1' }, sized: false }),
      /not HTTP\/1\.1/,
    ],
    [
      'a length beside chunks',
      rawRequest({ headers: { 'transfer-encoding': 'chunked' }, body: '{}' }),
      /not HTTP\/1\.1/,
    ],
    [
      'two lengths',
      'POST /v1/traces HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      /not HTTP\/1\.1/,
    ],
    ['gRPC', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /HTTP\/2.*4317/],
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]), /TLS/],
  ])('%s', async ([, bytes, says]) => {
    const connection = await open()
    await connection.write(bytes)
    const answer = await connection.response()
    expect(answer).toMatchObject({ status: 400, headers: { connection: 'close' } })
    expect(rpcStatusOf(answer)).toEqual({ code: 3, message: expect.stringMatching(says) })
    await connection.closed()
    expect(connection.rest).toBe('')
  })

  test('in protobuf where its headers say so', async () => {
    const request = rawRequest({
      headers: { 'content-type': PROTOBUF, 'content-length': '-1' },
      sized: false,
    })
    const answer = await exchange(collector.port, request)
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': PROTOBUF } })
    expect(rpcStatusOf(answer).code).toBe(3)
  })
})

test('headers that are too large are a 431', async () => {
  const answer = await exchange(
    collector.port,
    rawRequest({ headers: { ...typed, 'x-large': 'x'.repeat(20_000) } }),
  )
  expect(answer.status).toBe(431)
  expect(rpcStatusOf(answer).code).toBe(3)
})

test('CONNECT is a 405', async () => {
  const answer = await exchange(
    collector.port,
    'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n',
  )
  expect(answer.status).toBe(405)
  expect(rpcStatusOf(answer).code).toBe(12)
})

describe('bodies that are not as their headers say', () => {
  const chunked = rawRequest({
    headers: { 'content-type': PROTOBUF, 'transfer-encoding': 'chunked' },
    sized: false,
  })

  test.for([
    ['a chunk whose size is none', 'zz\r\n{}\r\n'],
    ['a chunk that is longer than its size', '1\r\n{}\r\n0\r\n\r\n'],
    ['a size beyond all bounds', 'ffffffffffffffffff\r\n'],
  ] as const)('%s is a 400 in the encoding of the request', async ([, body]) => {
    const connection = await open()
    await connection.write(chunked, chunk('{}'), body)
    const answer = await connection.response()
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': PROTOBUF, connection: 'close' } })
    expect(rpcStatusOf(answer).code).toBe(3)
    await connection.closed()
  })

  test('in the packet of its headers', async () => {
    const answer = await exchange(collector.port, Buffer.concat([chunked, Buffer.from('zz\r\n')]))
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': PROTOBUF } })
    expect(rpcStatusOf(answer).code).toBe(3)
  })

  test('after another answer the connection just closes', async () => {
    const connection = await open()
    const headers = { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' }
    await connection.write(rawRequest({ headers, sized: false }))
    expect(await connection.response()).toMatchObject({ status: 415, headers: { connection: 'close' } })
    await connection.write('zz\r\n')
    await connection.closed()
    expect(connection.rest).toBe('')
  })

  test.for([{}, { connection: 'upgrade', upgrade: 'h2c' }])(
    'a body that ends too early is a 400: %o',
    async (more) => {
      const connection = await open()
      connection.socket.end(
        rawRequest({ headers: { ...typed, ...more, 'content-length': '10' }, body: '{}', sized: false }),
      )
      const answer = await connection.response()
      expect(answer.status).toBe(400)
      expect(rpcStatusOf(answer)).toEqual({ code: 3, message: 'the request ends too early' })
      await connection.closed()
    },
  )
})

describe('what takes longer than the deadline', () => {
  /** Writes one byte at a time until the connection closes. */
  async function trickle(connection: RawConnection, bytes: Buffer): Promise<void> {
    for (const byte of bytes) {
      if (connection.socket.destroyed || connection.socket.readableEnded) return
      connection.socket.write(Buffer.of(byte))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  test.for<[string, Buffer, Buffer, string]>([
    [
      'headers',
      Buffer.from('POST /v1/traces HTTP/1.1\r\n'),
      Buffer.from(`x: ${'x'.repeat(1000)}`),
      typed['content-type'],
    ],
    [
      'a body with a length',
      rawRequest({ headers: { ...typed, 'content-length': '1000' }, sized: false }),
      Buffer.alloc(1000, ' '),
      typed['content-type'],
    ],
    [
      'a body in chunks',
      rawRequest({ headers: { 'content-type': PROTOBUF, 'transfer-encoding': 'chunked' }, sized: false }),
      Buffer.from('1\r\nx\r\n'.repeat(200)),
      PROTOBUF,
    ],
    ['nothing at all', Buffer.alloc(0), Buffer.alloc(0), typed['content-type']],
  ])('%s: 408, and the connection closes', async ([, head, slow, type]) => {
    const connection = await open()
    connection.socket.write(head)
    const trickling = trickle(connection, slow)
    const answer = await connection.response()
    expect(answer).toMatchObject({ status: 408, headers: { 'content-type': type, connection: 'close' } })
    expect(rpcStatusOf(answer)).toEqual({ code: 4, message: expect.stringContaining('in time') })
    await connection.closed()
    await trickling
  })

  test('harms no connection that waits for its next request', async () => {
    const connection = await open()
    const request = rawRequest({ headers: typed, body: '{}' })
    await connection.write(request)
    expect((await connection.response()).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    await connection.write(request)
    expect((await connection.response()).status).toBe(200)
    connection.destroy()
  })
})
