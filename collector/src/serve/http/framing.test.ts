import { gzipSync } from 'node:zlib'
import { requestOf } from '@weir/dialects/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { chunk, exchange, RawConnection, rawRequest } from '../../testing/raw-http.ts'
import { rpcStatusOf } from '../../testing/rpc-status.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const LIMIT = 100_000
const typed = { 'content-type': 'application/json' }
const chunked = rawRequest({ headers: { ...typed, 'transfer-encoding': 'chunked' }, sized: false })
const small = rawRequest({ headers: typed, body: '{}' })

let collector: Collector
beforeAll(async () => {
  collector = await startTestCollector({ maxBodyBytes: LIMIT })
})
afterAll(() => collector?.close())

const open = () => RawConnection.open(collector.port)

/** Answers with the full success of a JSON request. */
const SUCCESS = { status: 200, body: Buffer.from('{}') }

describe('chunked bodies', () => {
  const end = '0\r\n\r\n'
  const gzipped = gzipSync('{"resourceSpans":[]}')
  const gzipHead = rawRequest({
    headers: { ...typed, 'transfer-encoding': 'chunked', 'content-encoding': 'gzip' },
    sized: false,
  })
  test.for<[string, (string | Buffer)[]]>([
    ['in one packet', [Buffer.concat([chunked, chunk('{}'), Buffer.from(end)])]],
    ['cut anywhere', [chunked, chunk('{"resource'), chunk('Spans":['), chunk(']}'), end]],
    ['cut within a size', [chunked, '0000', '2\r', '\n{', '}\r\n0\r\n', '\r\n']],
    ['with extensions', [chunked, chunk('{', ';a=b'), chunk('}', ';c="d;e";f'), '0;last\r\n\r\n']],
    ['with trailers', [chunked, chunk('{}'), '0\r\nx-checksum: 1\r\nexpires: never\r\n\r\n']],
    ['gzipped', [gzipHead, chunk(gzipped.subarray(0, 7)), chunk(gzipped.subarray(7)), end]],
  ])('%s', async ([, parts]) => {
    expect(await exchange(collector.port, ...parts)).toMatchObject(SUCCESS)
  })

  test('that are empty, as protobuf', async () => {
    const headers = { 'content-type': 'application/x-protobuf', 'transfer-encoding': 'chunked' }
    expect(await exchange(collector.port, rawRequest({ headers, sized: false }), end)).toMatchObject({
      status: 200,
    })
  })

  test('over the limit are refused while they still come', async () => {
    const connection = await open()
    await connection.write(chunked, ...Array.from({ length: 8 }, () => chunk(' '.repeat(20_000))))
    const answer = await connection.response()
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } })
    // What was on its way must not reset the connection before its sender has read the answer.
    await connection.write(chunk(' '.repeat(20_000)), end)
    await connection.closed()
    expect(connection.rest).toBe('')
  })
})

describe('pipelined requests', () => {
  test('are answered in their order', async () => {
    const connection = await open()
    const refused = rawRequest({ headers: typed, body: 'x' })
    const health = rawRequest({ method: 'GET', target: '/healthz' })
    await connection.write(Buffer.concat([small, refused, health, small]))
    const statuses = []
    for (let left = 4; left > 0; left--) statuses.push((await connection.response()).status)
    expect(statuses).toEqual([200, 400, 200, 200])
    connection.destroy()
  })

  test('are all answered, a thousand of them', async () => {
    const connection = await open()
    await connection.write(Buffer.concat(Array.from({ length: 1000 }, () => small)))
    for (let left = 1000; left > 0; left--) expect((await connection.response()).status).toBe(200)
    connection.destroy()
  })

  test('before one that is no HTTP keep their answers', async () => {
    const connection = await open()
    await connection.write(Buffer.concat([small, small, Buffer.from('nonsense\r\n\r\n')]))
    expect(await connection.response()).toMatchObject(SUCCESS)
    expect(await connection.response()).toMatchObject(SUCCESS)
    expect(await connection.response()).toMatchObject({ status: 400, headers: { connection: 'close' } })
    await connection.closed()
  })
})

describe('connections', () => {
  test('stay open, after errors as well, and for longer than clients keep theirs', async () => {
    const connection = await open()
    for (const body of ['{}', 'x', '{}']) {
      await connection.write(rawRequest({ headers: typed, body }))
      const { status, headers } = await connection.response()
      expect(status).toBe(body === 'x' ? 400 : 200)
      expect(headers).toMatchObject({ connection: 'keep-alive' })
      expect(Number(/timeout=(\d+)/.exec(headers['keep-alive']!)?.[1])).toBeGreaterThan(300)
    }
    connection.destroy()
  })

  test('of HTTP/1.0 close after the answer', async () => {
    const connection = await open()
    await connection.write(rawRequest({ version: '1.0', headers: { ...typed, host: undefined }, body: '{}' }))
    expect(await connection.response()).toMatchObject({ ...SUCCESS, headers: { connection: 'close' } })
    await connection.closed()
  })

  test('of HTTP/1.0 stay open where that is asked for', async () => {
    const connection = await open()
    const request = rawRequest({
      version: '1.0',
      headers: { ...typed, connection: 'keep-alive' },
      body: '{}',
    })
    for (let left = 2; left > 0; left--) {
      await connection.write(request)
      expect(await connection.response()).toMatchObject({ ...SUCCESS, headers: { connection: 'keep-alive' } })
    }
    connection.destroy()
  })

  test('whose sender says that it sends no more get their answer', async () => {
    const connection = await open()
    // Spans, so that the answer has to wait for the log.
    connection.socket.end(rawRequest({ headers: typed, body: JSON.stringify(requestOf([{}])) }))
    expect(await connection.response()).toMatchObject(SUCCESS)
    await connection.closed()
  })

  test('that break off in the middle of a body harm no other', async () => {
    const connection = await open()
    await connection.write(rawRequest({ headers: typed, body: '{}' }).subarray(0, -1))
    connection.destroy()
    expect(await exchange(collector.port, small)).toMatchObject(SUCCESS)
  })
})

describe('expect: 100-continue', () => {
  const head = (length: number, type = 'application/json') =>
    rawRequest({
      headers: { 'content-type': type, expect: '100-continue', 'content-length': String(length) },
      sized: false,
    })

  test('is told to go on', async () => {
    const connection = await open()
    await connection.write(head(2))
    expect(await connection.response()).toMatchObject({ status: 100 })
    await connection.write('{}')
    expect(await connection.response()).toMatchObject(SUCCESS)
    connection.destroy()
  })

  test.for([
    ['a body that is too large', head(LIMIT + 1), 413, 8],
    ['a type that is not supported', head(2, 'text/plain'), 415, 3],
  ] as const)('%s is refused before it is sent', async ([, request, status, code]) => {
    const connection = await open()
    await connection.write(request)
    const answer = await connection.response()
    expect(answer.status).toBe(status)
    expect(rpcStatusOf(answer).code).toBe(code)
    connection.destroy()
  })
})
