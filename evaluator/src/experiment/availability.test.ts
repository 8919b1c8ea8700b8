import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '@weir/engines/testing'
import { createStore, rows } from '@weir/store'
import { expect, test } from 'vitest'
import { retryWhileUnavailable } from './availability.ts'

const server = () => createServer((_request, response) => response.end('{"answer":42}\n'))

test('waits for a server that is being restarted, and for nothing else', async () => {
  const [port] = await freePorts(1)
  const store = createStore({ url: `http://127.0.0.1:${port}`, database: 'weir' })
  let tries = 0
  const answer = retryWhileUnavailable(() => {
    tries++
    return rows<{ answer: number }>(store, 'SELECT 42 AS answer')
  })
  await sleep(400)
  const second = server().listen(port, '127.0.0.1')
  expect(await answer).toEqual([{ answer: 42 }])
  expect(tries).toBeGreaterThan(1)
  await store.close()
  second.closeAllConnections()
  await once(second.close(), 'close')

  tries = 0
  const refused = retryWhileUnavailable(async () => {
    tries++
    throw Object.assign(new Error('unknown table'), { code: '60' })
  })
  await expect(refused).rejects.toThrow('unknown table')
  expect(tries).toBe(1)
})
