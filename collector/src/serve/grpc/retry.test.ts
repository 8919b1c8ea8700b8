import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { status } from '@grpc/grpc-js'
import { protobufOfJson } from '@weir/dialects'
import { requestOf } from '@weir/dialects/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Collector } from '../../collector.ts'
import { GrpcClient, retryDelay } from '../../testing/grpc-client.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

const ROOM = 1000
/** Answered without a store, as a partial success. */
const message = protobufOfJson(Buffer.from(JSON.stringify(requestOf([{ traceId: '' }]))))

let collector: Collector
let client: GrpcClient
let holder: Socket

beforeEach(async () => {
  collector = await startTestCollector({ grpcPort: 0, maxPendingBytes: ROOM })
  client = new GrpcClient(collector.grpcPort!)
  holder = await holdMemory(collector.port)
})
afterEach(async () => {
  holder.destroy()
  client.close()
  await collector.close()
})

/** An HTTP request that holds nearly all of the memory that both transports share, until it is destroyed. */
async function holdMemory(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const headers = ['content-type: application/json', 'host: localhost', `content-length: ${ROOM}`].join(
    '\r\n',
  )
  socket.write(`POST /v1/traces HTTP/1.1\r\n${headers}\r\n\r\n${' '.repeat(ROOM - 10)}`)
  for (;;) if ((await client.export(message)).error !== undefined) return socket
}

test('a call without room in memory is told when to come again', async () => {
  const { error } = await client.export(message)
  expect(error?.code).toBe(status.UNAVAILABLE)
  expect(error?.details).toMatch(/Try again/)
  expect(retryDelay(error)).toBe(1000)
  // RetryInfo { retry_delay { seconds: 1 } }
  expect(error?.metadata.get('google.rpc.retryinfo-bin')).toEqual([Buffer.from('0a020801', 'hex')])
})

test('a library that repeats calls waits for as long as it was told, and then is served', async () => {
  const began = performance.now()
  const answer = client.export(message, { repeats: true })
  setTimeout(() => holder.destroy(), 500)
  const { response, error } = await answer
  expect(error).toBeUndefined()
  expect(response?.length).toBeGreaterThan(0)
  // Its own backoff would be 10 ms at most.
  expect(performance.now() - began).toBeGreaterThan(990)
})

test('refused calls hold no memory', async () => {
  for (let round = 0; round < 20; round++) await client.export(message)
  holder.destroy()
  await expect.poll(async () => (await client.export(message)).error).toBeUndefined()
})
