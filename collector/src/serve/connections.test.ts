import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import type { Collector } from '../collector.ts'
import { Log } from '../log.ts'
import { framed } from '../testing/grpc-client.ts'
import { RawGrpc } from '../testing/raw-grpc.ts'
import { exchange, RawConnection, rawRequest } from '../testing/raw-http.ts'
import { startTestCollector } from '../testing/start-collector.ts'
import { Connections, maxConnections } from './connections.ts'
import { openFilesOf } from './descriptors.ts'

const health = rawRequest({ method: 'GET', target: '/healthz' })
const typed = { 'content-type': 'application/json' }

let collector: Collector
const start = async (limit: number) => {
  collector = await startTestCollector({ grpcPort: 0, limits: { maxConnections: limit } })
}
afterEach(() => collector?.close())

async function idle(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket.resume()
}

test.for([
  ['HTTP', () => collector.port],
  ['gRPC', () => collector.grpcPort!],
] as const)('idle connections of %s keep out neither HTTP nor gRPC', async ([, portOf]) => {
  await start(3)
  const silent = await Promise.all(Array.from({ length: 6 }, () => idle(portOf())))
  expect((await exchange(collector.port, health)).status).toBe(200)
  const client = await RawGrpc.connect(collector.grpcPort!)
  expect(await client.call(framed(Buffer.alloc(0)))).toMatchObject({ 'grpc-status': '0' })
  client.destroy()
  await expect.poll(() => silent.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(4)
})

test('the one that has been idle for the longest time goes first', async () => {
  await start(2)
  const first = await RawConnection.open(collector.port)
  const second = await RawConnection.open(collector.port)
  await second.write(health)
  await second.response()
  await first.write(health)
  await first.response()
  expect((await exchange(collector.port, health)).status).toBe(200)
  await second.closed()
  await first.write(health)
  expect((await first.response()).status).toBe(200)
  first.destroy()
})

test('one that still sends its request goes where none is idle', async () => {
  await start(1)
  const slow = await RawConnection.open(collector.port)
  await slow.write(rawRequest({ headers: { ...typed, 'content-length': '90' }, sized: false }), '{')
  expect((await exchange(collector.port, health)).status).toBe(200)
  await slow.closed()
})

test('one that waits for its answer stays, and what finds no room is closed and counted', () => {
  const connections = new Connections(2, new Log('silent'))
  const closed: string[] = []
  const add = (name: string) => {
    const connection = { name }
    return { connection, isOpen: connections.add(connection, () => closed.push(name)) }
  }
  const first = add('first')
  const second = add('second')
  const endFirst = connections.begin(first.connection, () => true)
  connections.begin(second.connection, () => true)
  connections.begin(second.connection, () => false)
  expect(add('third').isOpen).toBe(false)
  expect(closed).toEqual(['third'])
  endFirst()
  expect(add('fourth').isOpen).toBe(true)
  expect(closed).toEqual(['third', 'first'])
  connections.delete(second.connection)
  expect(add('fifth').isOpen).toBe(true)
  expect(closed).toEqual(['third', 'first'])
})

test('the limit leaves descriptors for everything else', () => {
  const line = (soft: string) =>
    `Max processes  100  100  processes\nMax open files            ${soft}    4096   files\n`
  const limits = [line('256'), line('1048576'), line('unlimited'), line('20'), 'nothing']
  expect(limits.map((text) => maxConnections(openFilesOf(text)))).toEqual([192, 10_000, 10_000, 10, 960])
})
