import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { manySpans } from '@weir/dialects/testing'
import { expect, onTestFinished, test } from 'vitest'
import { startConfined } from '../testing/few-descriptors.ts'
import { framed } from '../testing/grpc-client.ts'
import { RawGrpc } from '../testing/raw-grpc.ts'
import { exchange, rawRequest } from '../testing/raw-http.ts'

const spans = manySpans(1, 10)
const request = rawRequest({ headers: { 'content-type': 'application/x-protobuf' }, body: spans })

async function openIdle(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').resume())
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  await Promise.all(
    sockets.map((socket) =>
      once(
        socket.on('error', () => {}),
        'connect',
      ),
    ),
  )
  return sockets
}

test.for(['port', 'grpcPort'] as const)(
  '400 idle connections at 256 descriptors keep no sender out: %s',
  async (idle) => {
    const collector = await startConfined(256)
    await openIdle(collector[idle], 400)
    for (let left = 5; left > 0; left--) {
      expect((await exchange(collector.port, request)).status).toBe(200)
      const client = await RawGrpc.connect(collector.grpcPort)
      expect(await client.call(framed(spans))).toMatchObject({ 'grpc-status': '0' })
      client.destroy()
    }
  },
)

test('where there is no descriptor at all, the collector lives, and goes on when there is one', async () => {
  const collector = await startConfined(256, 180)
  const sockets = await openIdle(collector.port, 150)
  await expect(exchange(collector.port, request)).rejects.toThrow()
  for (const socket of sockets) socket.destroy()
  await expect
    .poll(async () => (await exchange(collector.port, request).catch(() => undefined))?.status, {
      timeout: 20_000,
    })
    .toBe(200)
  expect(collector.child.exitCode).toBeNull()
})
