import { once } from 'node:events'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { promisify } from 'node:util'
import { deflateSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Collector } from '../collector.ts'
import { startTestCollector } from '../testing/start-collector.ts'
import { EXPORT_METHOD } from './trace-service.ts'

let collector: Collector
let session: ClientHttp2Session
let closing: Promise<void> | undefined

beforeEach(async () => {
  collector = await startTestCollector({ grpcPort: 0 })
  session = connect(`http://127.0.0.1:${collector.grpcPort}`)
  await once(session, 'connect')
})
afterEach(async () => {
  session.destroy()
  await close()
  closing = undefined
})

function close(): Promise<void> {
  closing ??= collector.close()
  return closing
}

function open(headers: Record<string, string> = {}) {
  const plain = {
    ':method': 'POST',
    ':path': EXPORT_METHOD,
    'content-type': 'application/grpc',
    te: 'trailers',
  }
  return session.request({ ...plain, ...headers })
}

type Stream = ReturnType<typeof open>

/** Response headers and trailers together. */
async function answerOf(stream: Stream): Promise<IncomingHttpHeaders> {
  const answer: IncomingHttpHeaders = {}
  stream.on('response', (headers) => Object.assign(answer, headers))
  stream.on('trailers', (headers) => Object.assign(answer, headers))
  stream.resume()
  await once(stream, 'end')
  return answer
}

/** A length-prefixed message, github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
function framed(message: Buffer, compressed: boolean, length: number = message.length): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt8(Number(compressed))
  prefix.writeUInt32BE(length, 1)
  return Buffer.concat([prefix, message])
}

test('deflate', async () => {
  const stream = open({ 'grpc-encoding': 'deflate' })
  stream.end(framed(deflateSync(Buffer.alloc(0)), true))
  expect(await answerOf(stream)).toMatchObject({ ':status': 200, 'grpc-status': '0' })
})

test('an unknown encoding is unimplemented', async () => {
  const stream = open({ 'grpc-encoding': 'snappy' })
  stream.end(framed(Buffer.from('x'), true))
  expect(await answerOf(stream)).toMatchObject({ 'grpc-status': String(status.UNIMPLEMENTED) })
})

test('broken gzip is an error, and the connection goes on', async () => {
  const stream = open({ 'grpc-encoding': 'gzip' })
  stream.end(framed(Buffer.from('no gzip'), true))
  expect(await answerOf(stream)).toMatchObject({ 'grpc-status': String(status.INTERNAL) })
  const next = open()
  next.end(framed(Buffer.alloc(0), false))
  expect(await answerOf(next)).toMatchObject({ 'grpc-status': '0' })
})

test('a media type that is not gRPC is a 415', async () => {
  const stream = open({ 'content-type': 'application/json' })
  stream.end('{}')
  expect(await answerOf(stream)).toMatchObject({ ':status': 415 })
})

test('a length beyond the limit is refused before anything of the message is read', async () => {
  const stream = open()
  stream.write(framed(Buffer.from('the beginning'), false, 0xffff_ffff))
  expect(await answerOf(stream)).toMatchObject({ 'grpc-status': String(status.RESOURCE_EXHAUSTED) })
})

test('a call whose deadline passes is answered so by the server, whatever the client does', async () => {
  const stream = open({ 'grpc-timeout': '50m' })
  stream.write(framed(Buffer.from('half'), false, 8))
  expect(await answerOf(stream)).toMatchObject({ 'grpc-status': String(status.DEADLINE_EXCEEDED) })
})

test('closing answers what is on its way and ends the connection', async () => {
  const message = framed(Buffer.alloc(0), false)
  const stream = open()
  const answer = answerOf(stream)
  stream.write(message.subarray(0, 3))
  // What was sent before a ping has reached the server once the ping is answered.
  await promisify((done: (error: Error | null) => void) => session.ping(done))()
  const goaway = once(session, 'goaway')
  const closed = close()
  await goaway
  stream.end(message.subarray(3))
  expect(await answer).toMatchObject({ 'grpc-status': '0' })
  await closed
  expect(session.closed).toBe(true)
})
