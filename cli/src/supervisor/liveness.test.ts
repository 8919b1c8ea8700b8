import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { answersAtAll, Silence } from './liveness.ts'

test('silence is too long when as many questions went unanswered as fill the limit', async () => {
  const silence = new Silence(100)
  expect(silence.intervalMs).toBe(20)
  for (let asked = 0; !silence.isTooLong; asked++) {
    expect(asked).toBeLessThan(100)
    await sleep(10)
    silence.note(false)
  }
  expect(silence.ms).toBeGreaterThanOrEqual(100)
  silence.note(true)
  expect([silence.ms, silence.isNotable, silence.isTooLong]).toEqual([0, false, false])
})

test.each([
  ['+PONG', true],
  ['-NOAUTH Authentication required.', true],
  ['-MISCONF Errors writing to the AOF file: No space left on device', true],
  ['-LOADING Valkey is loading the dataset in memory', true],
  ['HTTP/1.1 400 Bad Request', false],
])('a Valkey that says %s lives: %s', async (reply, expected) => {
  const server = createServer((socket) => socket.on('data', () => socket.end(`${reply}\r\n`)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  expect(await answersAtAll({ name: 'valkey', url: `redis://me:secret@127.0.0.1:${port}` })).toBe(expected)
  server.close()
  await once(server, 'close')
  expect(await answersAtAll({ name: 'valkey', url: `redis://127.0.0.1:${port}` })).toBe(false)
})
