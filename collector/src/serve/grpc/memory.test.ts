import { once } from 'node:events'
import { constants } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { framed } from '../../testing/grpc-client.ts'
import { answerOf, RawGrpc } from '../../testing/raw-grpc.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const ROOM = 100_000
const PART = Buffer.alloc(30_000)

let collector: Collector
let client: RawGrpc

beforeEach(async () => {
  collector = await startTestCollector({ grpcPort: 0, maxPendingBytes: ROOM })
  client = await RawGrpc.connect(collector.grpcPort!)
})
afterEach(async () => {
  client.destroy()
  await collector.close()
})

/** What is left takes a message of nearly all the room, and so nothing else holds any. */
async function expectAllRoom(): Promise<void> {
  const whole = framed(Buffer.alloc(ROOM - 1000))
  await expect
    .poll(async () => (await client.call(whole))['grpc-status'])
    .toBe(String(status.INVALID_ARGUMENT))
}

test('messages count from their first byte on, over all calls and connections', async () => {
  const second = await RawGrpc.connect(collector.grpcPort!)
  const streams = [client.open(), client.open(), second.open()]
  for (const stream of streams) stream.write(framed(PART, 0, 60_000))
  await client.reached()
  await second.reached()
  expect(await second.call(framed(PART))).toMatchObject({ 'grpc-status': String(status.UNAVAILABLE) })
  for (const stream of streams) {
    stream.on('error', () => {})
    stream.close(constants.NGHTTP2_CANCEL)
  }
  await expectAllRoom()
  second.destroy()
})

test('what a message inflates to counts, too', async () => {
  const bomb = framed(gzipSync(Buffer.alloc(ROOM)), 1)
  const answer = await client.call(bomb, { 'grpc-encoding': 'gzip' })
  expect(answer).toMatchObject({ 'grpc-status': String(status.UNAVAILABLE) })
  await expectAllRoom()
})

test('what is too large is told so, also where there is no room', async () => {
  await collector.close()
  collector = await startTestCollector({ grpcPort: 0, maxBodyBytes: 1024, maxPendingBytes: 1024 })
  const other = await RawGrpc.connect(collector.grpcPort!)
  const answer = await other.call(framed(Buffer.alloc(2000)))
  expect(answer).toMatchObject({ 'grpc-status': String(status.RESOURCE_EXHAUSTED) })
  other.destroy()
})

test('a refused call holds nothing, however long its sender goes on', async () => {
  const stream = client.open()
  const answer = answerOf(stream)
  stream.write(framed(PART, 2))
  expect(await answer).toMatchObject({ 'grpc-status': String(status.INVALID_ARGUMENT) })
  stream.write(PART)
  await client.reached()
  await expectAllRoom()
  // In the end the stream is closed from the other side.
  await once(stream, 'close')
})

test('a connection that breaks off holds nothing', async () => {
  const other = await RawGrpc.connect(collector.grpcPort!)
  const stream = other.open()
  stream.on('error', () => {})
  stream.write(framed(PART, 0, 60_000))
  await other.reached()
  other.session.socket.destroy()
  await expectAllRoom()
  await expect
    .poll(async () => (await fetch(`${collector.url}/metrics`)).text())
    .toMatch(/^weir_requests_total\{.*status="aborted".*\} 1$/m)
})
