import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { bindError, portOwner } from './port.ts'

test('a busy port is told from a free one', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await bindError('127.0.0.1', port)).toBe('EADDRINUSE')
  server.close()
  await once(server, 'close')
  expect(await bindError('127.0.0.1', port)).toBeUndefined()
})

test.runIf(process.platform === 'linux')('the owner of a port is named with its pid', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(portOwner(port)).toContain(`(pid ${process.pid})`)
  server.close()
})
