import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { framed } from '../../testing/grpc-client.ts'
import { RawGrpc } from '../../testing/raw-grpc.ts'
import { startTestCollector } from '../../testing/start-collector.ts'

/** What a connection begins with, and empty SETTINGS: rfc-editor.org/rfc/rfc9113#section-3.4 */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1')

test('a connection that answers no ping is closed, one that does stays', async () => {
  const collector = await startTestCollector({ grpcPort: 0, keepaliveInterval: 500 })
  const client = await RawGrpc.connect(collector.grpcPort!)
  const silent = connect(collector.grpcPort!, '127.0.0.1')
  silent.write(PREFACE)
  silent.resume()
  await once(silent, 'close')
  expect(await client.call(framed(Buffer.alloc(0)))).toMatchObject({ 'grpc-status': '0' })
  client.destroy()
  await collector.close()
})

test('what does not speak HTTP/2 is let go, and harms no one', async () => {
  const collector = await startTestCollector({ grpcPort: 0 })
  const other = connect(collector.grpcPort!, '127.0.0.1')
  other.on('error', () => {})
  other.write('POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}')
  other.resume()
  await once(other, 'close')
  const client = await RawGrpc.connect(collector.grpcPort!)
  expect(await client.call(framed(Buffer.alloc(0)))).toMatchObject({ 'grpc-status': '0' })
  client.destroy()
  await collector.close()
})
