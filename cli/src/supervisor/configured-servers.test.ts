import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { configuredServers, safeUrl } from './configured-servers.ts'

test('embedded engines are no configured servers', () => {
  expect(configuredServers(readConfig({}))).toEqual([])
})

test('passwords are not shown', () => {
  expect(safeUrl('http://me:secret@db:8123')).toBe('http://me:***@db:8123/')
  const [server] = configuredServers(readConfig({ WEIR_REDIS_URL: 'redis://:secret@db:6380' }))
  expect(server).toMatchObject({ name: 'Redis', url: 'redis://:***@db:6380', variable: 'WEIR_REDIS_URL' })
})

describe('a Redis server', () => {
  test.each([
    ['+PONG', true],
    ['-NOAUTH Authentication required.', true],
    ['HTTP/1.1 400 Bad Request', false],
  ])('that says %s', async (reply, expected) => {
    const server = createServer((socket) => socket.on('data', () => socket.end(`${reply}\r\n`))).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const [redis] = configuredServers(readConfig({ WEIR_REDIS_URL: `redis://127.0.0.1:${port}` }))
    expect(await redis?.answers()).toBe(expected)
    server.close()
    await once(server, 'close')
    expect(await redis?.answers()).toBe(false)
  })
})
