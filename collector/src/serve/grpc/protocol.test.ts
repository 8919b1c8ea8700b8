import { once } from 'node:events'
import type { OutgoingHttpHeaders } from 'node:http2'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { framed } from '../../testing/grpc-client.ts'
import { answerOf, RawGrpc } from '../../testing/raw-grpc.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const EMPTY = Buffer.alloc(0)
const WHOLE = framed(EMPTY)

let collector: Collector
let client: RawGrpc

beforeEach(async () => {
  collector = await startTestCollector({ grpcPort: 0 })
  client = await RawGrpc.connect(collector.grpcPort!)
})
afterEach(async () => {
  client.destroy()
  await collector.close()
})

test('an answer says OK in its trailers and names the encodings', async () => {
  expect(await client.call(WHOLE)).toMatchObject({
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-accept-encoding': 'identity,gzip,deflate,zstd',
    'grpc-status': '0',
  })
})

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['zstd', zstdCompressSync],
])('%s', async (encoding, compress) => {
  const answer = await client.call(framed(compress(EMPTY), 1), { 'grpc-encoding': encoding })
  expect(answer['grpc-status']).toBe('0')
})

test('a message may be plain although the call names an encoding, and come byte by byte', async () => {
  const stream = client.open({ 'grpc-encoding': 'gzip', 'content-type': 'application/grpc+proto; x=y' })
  for (const byte of WHOLE) {
    stream.write(Buffer.from([byte]))
    await client.reached()
  }
  stream.end()
  expect(await answerOf(stream)).toMatchObject({ 'grpc-status': '0' })
})

test('a message that is ignored may come byte by byte, too', async () => {
  const stream = client.open({ ':path': '/opentelemetry.proto.collector.logs.v1.LogsService/Export' })
  for (const byte of framed(Buffer.from('logs'))) {
    stream.write(Buffer.from([byte]))
    await client.reached()
  }
  stream.end()
  expect(await answerOf(stream)).toMatchObject({ 'grpc-status': '0' })
})

describe('calls that are refused, after which the connection goes on', () => {
  test.each<[what: string, code: number, body: Buffer, headers?: OutgoingHttpHeaders]>([
    ['unknown encoding', status.UNIMPLEMENTED, framed(EMPTY, 1), { 'grpc-encoding': 'snappy' }],
    ['broken gzip', status.INVALID_ARGUMENT, framed(Buffer.from('no'), 1), { 'grpc-encoding': 'gzip' }],
    ['compressed, without an encoding', status.INVALID_ARGUMENT, framed(EMPTY, 1)],
    ['an unknown flag', status.INVALID_ARGUMENT, framed(EMPTY, 2)],
    ['no message', status.INVALID_ARGUMENT, EMPTY],
    ['a message that ends early', status.INVALID_ARGUMENT, framed(EMPTY, 0, 1)],
    ['a prefix that ends early', status.INVALID_ARGUMENT, WHOLE.subarray(0, 3)],
    ['two messages', status.INVALID_ARGUMENT, Buffer.concat([WHOLE, WHOLE])],
    ['an unknown method', status.UNIMPLEMENTED, WHOLE, { ':path': '/a.B/C' }],
    ['a method with a long name', status.UNIMPLEMENTED, WHOLE, { ':path': `/${'é'.repeat(10_000)}` }],
    [
      'metrics that end early',
      status.INVALID_ARGUMENT,
      framed(EMPTY, 0, 1),
      { ':path': '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export' },
    ],
    ['a timeout that is none', status.INVALID_ARGUMENT, WHOLE, { 'grpc-timeout': '1 hour' }],
  ])('%s', async (_what, code, body, headers) => {
    const answer = await client.call(body, headers)
    expect(answer).toMatchObject({ ':status': 200, 'grpc-status': String(code) })
    expect(answer['grpc-message']).not.toBe('')
    expect(await client.call(WHOLE)).toMatchObject({ 'grpc-status': '0' })
  })
})

test.each<[number, OutgoingHttpHeaders]>([
  [405, { ':method': 'PUT' }],
  [415, { 'content-type': 'application/json' }],
  [415, { 'content-type': 'application/grpc-web+proto' }],
])('HTTP status %d for %j', async (code, headers) => {
  expect(await client.call(WHOLE, headers)).toMatchObject({ ':status': code })
})

test('a message for people is percent-encoded', async () => {
  const answer = await client.call(WHOLE, { ':path': '/100%/café' })
  expect(answer['grpc-message']).toMatch(/^\/100%25\/caf.* does not exist here, expected \/opentelemetry/)
})

test('a length beyond the limit is refused before anything of the message is read', async () => {
  const stream = client.open()
  stream.write(framed(Buffer.from('the beginning'), 0, 0xffff_ffff))
  expect(await answerOf(stream)).toMatchObject({ 'grpc-status': String(status.RESOURCE_EXHAUSTED) })
})

test('a call whose deadline passes is answered so by the server, whatever the client does', async () => {
  const stream = client.open({ 'grpc-timeout': '50m' })
  stream.write(framed(Buffer.from('half'), 0, 8))
  expect(await answerOf(stream)).toMatchObject({ 'grpc-status': String(status.DEADLINE_EXCEEDED) })
})

test('closing answers what is on its way and ends the connection', async () => {
  const stream = client.open()
  const answer = answerOf(stream)
  stream.write(WHOLE.subarray(0, 3))
  await client.reached()
  const goaway = once(client.session, 'goaway')
  const closed = collector.close()
  await goaway
  stream.end(WHOLE.subarray(3))
  expect(await answer).toMatchObject({ 'grpc-status': '0' })
  await closed
  expect(client.session.closed).toBe(true)
})
