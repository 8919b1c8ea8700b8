import { gzipSync, zstdCompressSync } from 'node:zlib'
import { varint } from '@weir/dialects'
import { DENSE, spanAmidUnknownFields } from '@weir/dialects/testing'
import { afterEach, expect, test } from 'vitest'
import type { Collector, CollectorConfig } from './collector.ts'
import { framed } from './testing/grpc-client.ts'
import { answerOf, RawGrpc } from './testing/raw-grpc.ts'
import { exchange, RawConnection, rawRequest } from './testing/raw-http.ts'
import { rpcStatusOf } from './testing/rpc-status.ts'
import { startTestCollector } from './testing/start-collector.ts'

const MIB = 2 ** 20
const COUNT = 16
const zipped = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' }
/** One span each, 6 MiB, and some 6 KB on the wire. */
const heavy = gzipSync(spanAmidUnknownFields(6 * MIB))
const heavyRequest = rawRequest({ headers: zipped, body: heavy })
/** So heavy that the last of them waits for more than a second. */
const heavier = rawRequest({ headers: zipped, body: gzipSync(spanAmidUnknownFields(40 * MIB)) })
const health = rawRequest({ method: 'GET', target: '/healthz' })

let collector: Collector
const start = async (config: Partial<CollectorConfig> = {}) => {
  collector = await startTestCollector({ grpcPort: 0, ...config })
}
afterEach(() => collector.close())

async function received(): Promise<number> {
  const metrics = await (await fetch(`${collector.url}/metrics`)).text()
  return Number(/^weir_spans_received_total (\d+)$/m.exec(metrics)?.[1])
}

async function nothingInFlight(): Promise<void> {
  const metrics = async () => (await fetch(`${collector.url}/metrics`)).text()
  await expect.poll(metrics).toMatch(/^weir_requests_in_flight\{transport="(http|grpc)"\} 0$/m)
}

test('33 million empty resources are too many, over HTTP and gRPC', async () => {
  await start()
  const bomb = gzipSync(DENSE.resources!(2 ** 25 - 1))
  expect(bomb.length).toBeLessThan(70_000)
  const answer = await exchange(collector.port, rawRequest({ headers: zipped, body: bomb }))
  expect(answer.status).toBe(413)
  expect(answer.headers['retry-after']).toBeUndefined()
  expect(rpcStatusOf(answer)).toMatchObject({
    code: 8,
    message: expect.stringContaining('Send smaller batches'),
  })
  const client = await RawGrpc.connect(collector.grpcPort!)
  const call = await client.call(framed(bomb, 1), { 'grpc-encoding': 'gzip' })
  expect(call).toMatchObject({ 'grpc-status': '8' })
  expect(call['grpc-retry-pushback-ms']).toBeUndefined()
  client.destroy()
})

test('others come in between heavy requests', async () => {
  await start()
  let answered = 0
  const all = Array.from({ length: COUNT }, async () => {
    const { status } = await exchange(collector.port, heavyRequest)
    answered += 1
    return status
  })
  await Promise.race(all)
  const small = rawRequest({ headers: { 'content-type': 'application/json' }, body: '{}' })
  expect((await exchange(collector.port, health)).status).toBe(200)
  expect((await exchange(collector.port, small)).status).toBe(200)
  expect(answered).toBeLessThan(COUNT)
  expect(await Promise.all(all)).toEqual(Array(COUNT).fill(200))
  expect(await received()).toBe(COUNT)
})

test('pipelined requests share the thread as well', async () => {
  await start()
  const connection = await RawConnection.open(collector.port)
  connection.socket.write(Buffer.concat(Array(COUNT).fill(heavyRequest)))
  expect((await connection.response()).status).toBe(200)
  expect((await exchange(collector.port, health)).status).toBe(200)
  expect(await received()).toBeLessThan(COUNT)
  for (let left = COUNT - 1; left > 0; left--) expect((await connection.response()).status).toBe(200)
  connection.destroy()
})

test('requests whose sender has left are not worked on', async () => {
  await start()
  const connections = await Promise.all(
    Array.from({ length: COUNT }, () => RawConnection.open(collector.port)),
  )
  for (const { socket } of connections) socket.write(heavier)
  await exchange(collector.port, health)
  for (const connection of connections) connection.destroy()
  await nothingInFlight()
  expect(await received()).toBeLessThan(COUNT)
})

test('a sender that has closed its side alone is told to come again where it would wait for long', async () => {
  await start()
  const connections = await Promise.all(
    Array.from({ length: COUNT }, () => RawConnection.open(collector.port)),
  )
  for (const { socket } of connections) socket.end(heavier)
  const small = await RawConnection.open(collector.port)
  small.socket.end(rawRequest({ headers: { 'content-type': 'application/json' }, body: '{}' }))
  expect((await small.response()).status).toBe(200)
  const answers = await Promise.all(connections.map((connection) => connection.response()))
  const taken = answers.filter(({ status }) => status === 200)
  const refused = answers.filter(({ status, headers }) => status === 503 && headers['retry-after'] === '1')
  expect(taken.length + refused.length).toBe(COUNT)
  expect(refused.length).toBeGreaterThan(0)
  expect(await received()).toBe(taken.length)
})

test.for([
  ['cancelled', {}],
  ['past their deadline', { 'grpc-timeout': '50m' }],
] as const)('calls that are %s are not worked on', async ([how, headers]) => {
  await start()
  const client = await RawGrpc.connect(collector.grpcPort!)
  const streams = Array.from({ length: COUNT }, () => client.open({ 'grpc-encoding': 'gzip', ...headers }))
  for (const stream of streams) stream.on('error', () => {}).end(framed(heavy, 1))
  const answers = streams.map(answerOf)
  await exchange(collector.port, health)
  if (how === 'cancelled') for (const stream of streams) stream.close(8)
  else for (const answer of await Promise.all(answers)) expect(answer['grpc-status']).toMatch(/^[04]$/)
  await nothingInFlight()
  expect(await received()).toBeLessThan(COUNT)
  client.destroy()
})

test('what requests inflate to is held one at a time', async () => {
  await start({ maxPendingBytes: 100 * MIB })
  const body = zstdCompressSync(Buffer.concat([Buffer.from('{}'), Buffer.alloc(60 * MIB, ' ')]))
  const headers = { 'content-type': 'application/json', 'content-encoding': 'zstd' }
  const request = rawRequest({ headers, body })
  const answers = await Promise.all(Array.from({ length: 4 }, () => exchange(collector.port, request)))
  expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(200))
})

/** ResourceSpans of so many bytes, with unknown fields only. */
function spansFree(bytes: number): Buffer {
  return Buffer.concat([Buffer.from([0x0a]), varint(bytes), Buffer.alloc(bytes, Buffer.from([0x20, 0]))])
}

test.for([
  ['spans-free requests', gzipSync(spansFree(8 * MIB)), 200],
  ['undecodable requests', gzipSync(Buffer.alloc(8 * MIB, 0xff)), 400],
  ['too many messages', gzipSync(DENSE.resources!(2 ** 22 + 1)), 413],
  ['bombs', gzipSync(Buffer.alloc(80 * MIB)), 413],
  ['what is not gzip in the end', gzipSync(Buffer.alloc(8 * MIB)).subarray(0, -4), 400],
] as const)('%s count against the rate', async ([, body, status]) => {
  await start({ rateLimit: 1 })
  const statuses = []
  for (let left = 3; left > 0; left--) {
    statuses.push((await exchange(collector.port, rawRequest({ headers: zipped, body }))).status)
  }
  expect(statuses[0]).toBe(status)
  expect(statuses.at(-1)).toBe(429)
})
