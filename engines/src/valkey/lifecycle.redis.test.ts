import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type {} from '../testing.ts'
import { findValkeyServer } from './find.ts'
import { startValkey } from './server.ts'

const root = mkdtempSync(join(tmpdir(), 'weir-valkey-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test.each(['native', 'wasm'] as const)('%s on a busy port', async (engine) => {
  if (engine === 'native' && !findValkeyServer()) return
  const port = Number(new URL(inject('redisUrl')).port)
  const start = startValkey({ port, directory: join(root, 'busy'), engine })
  await expect(start).rejects.toMatchObject({ code: 'PORT_IN_USE', port })
})

describe.runIf(findValkeyServer())('native', () => {
  test('keeps its data', async () => {
    const directory = join(root, 'kept')
    const first = await startValkey({ port: 0, directory, engine: 'native' })
    await withRedis(first.url, (redis) => redis.set('a', '1'))
    await first.close()
    await using second = await startValkey({ port: 0, directory, engine: 'native' })
    expect(await withRedis(second.url, (redis) => redis.get('a'))).toBe('1')
    expect(await withRedis(second.url, (redis) => redis.config('GET', 'maxmemory-policy'))).toContain(
      'noeviction',
    )
  })

  test('comes back when its process is killed', async () => {
    await using server = await startValkey({ port: 0, directory: join(root, 'killed'), engine: 'native' })
    const before = await pidOf(server.url)
    process.kill(before, 'SIGKILL')
    await expect.poll(() => pidOf(server.url).catch(() => before), { timeout: 20_000 }).not.toBe(before)
  })

  test('a server in use is refused; one that a killed process left behind is replaced', async () => {
    const directory = join(root, 'left')
    const owner = fork(new URL('../testing/valkey-child.ts', import.meta.url), [directory])
    const [{ url }] = (await once(owner, 'message')) as [{ url: string }]
    await withRedis(url, (redis) => redis.set('a', '2'))
    const left = await pidOf(url)
    const second = startValkey({ port: 0, directory, engine: 'native' })
    await expect(second).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE', directory })
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    expect(await pidOf(url)).toBe(left)
    const port = Number(new URL(url).port)
    await using server = await startValkey({ port, directory, engine: 'native' })
    expect(await pidOf(server.url)).not.toBe(left)
    expect(await withRedis(server.url, (redis) => redis.get('a'))).toBe('2')
  })
})

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await use(redis)
  } finally {
    redis.disconnect()
  }
}

async function pidOf(url: string): Promise<number> {
  const info = await withRedis(url, (redis) => redis.info('server'))
  return Number(/process_id:(\d+)/.exec(info)?.[1])
}
