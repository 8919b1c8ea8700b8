import { Redis } from 'ioredis'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { storeContract } from './contract.ts'
import { redisStore } from './redis.ts'
import { checkHistories } from './testing.ts'

const url = inject('redisUrl')
const redis = new Redis(url)
afterAll(() => redis.disconnect())

describe('contract', () => {
  const requirements = storeContract((space) => redisStore(url, { keyPrefix: space }))
  test.each(requirements)('$name', ({ run }) => run())
})

test('random histories', async () => {
  await checkHistories(async () => {
    const keyPrefix = crypto.randomUUID()
    return [redisStore(url, { keyPrefix }), redisStore(redis, { keyPrefix })]
  }, 20)
})

test('a client is not closed with its store', async () => {
  const store = redisStore(redis)
  await store.get('a')
  await store.close()
  expect(await redis.ping()).toBe('PONG')
})

test('a write whose answer is lost rejects, and is not sent again', async () => {
  const keyPrefix = crypto.randomUUID()
  const client = new Redis(url, { connectionName: keyPrefix })
  const store = redisStore(client, { keyPrefix })
  client.disconnect()
  await store.get('a')
  await redis.call('client', 'pause', '300', 'write')
  const write = store.put('a', 'x')
  write.catch(() => {})
  const list = (await redis.client('LIST')) as string
  const id = /id=(\d+)/.exec(list.split('\n').find((line) => line.includes(keyPrefix))!)![1]!
  await redis.client('KILL', 'ID', id)
  await expect(write).rejects.toThrow()
  expect((await store.get('a'))?.version ?? 0).toBeLessThan(2)
  await store.close()
})

test('a server that does not answer rejects', async () => {
  const store = redisStore('redis://127.0.0.1:1')
  await expect(store.get('a')).rejects.toThrow()
  await store.close()
})
