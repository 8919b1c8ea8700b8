import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type {} from '../testing.ts'
import { findValkeyServer } from './find.ts'
import { ask } from './resp.ts'
import { startValkey } from './server.ts'

const root = mkdtempSync(join(tmpdir(), 'weir-valkey-'))
const password = 'of any kind: " \\ ü'
afterAll(() => rmSync(root, { recursive: true, force: true }))

test.each(['native', 'wasm'] as const)('%s on a busy port', async (engine) => {
  if (engine === 'native' && !findValkeyServer()) return
  const port = Number(new URL(inject('redisUrl')).port)
  const start = startValkey({ port, directory: join(root, 'busy'), password, engine })
  await expect(start).rejects.toMatchObject({ code: 'PORT_IN_USE', port })
})

describe.runIf(findValkeyServer())('native', () => {
  test('keeps its data', async () => {
    const directory = join(root, 'kept')
    const first = await startValkey({ port: 0, directory, password, engine: 'native' })
    await withRedis(first.url, (redis) => redis.set('a', '1'))
    await first.close()
    await using second = await startValkey({ port: 0, directory, password, engine: 'native' })
    expect(await withRedis(second.url, (redis) => redis.get('a'))).toBe('1')
    expect(await withRedis(second.url, (redis) => redis.config('GET', 'maxmemory-policy'))).toContain(
      'noeviction',
    )
  })

  test('comes back when its process is killed', async () => {
    await using server = await startValkey({
      port: 0,
      directory: join(root, 'killed'),
      password,
      engine: 'native',
    })
    const before = await pidOf(server.url)
    process.kill(before, 'SIGKILL')
    await expect.poll(() => pidOf(server.url).catch(() => before)).not.toBe(before)
  })

  test('a server in use is refused; one that a killed process left behind is replaced', async () => {
    const directory = join(root, 'left')
    const owner = fork(new URL('../testing/valkey-child.ts', import.meta.url), [directory, password])
    const [{ url }] = (await once(owner, 'message')) as [{ url: string }]
    await withRedis(url, (redis) => redis.set('a', '2'))
    const left = await pidOf(url)
    const second = startValkey({ port: 0, directory, password, engine: 'native' })
    await expect(second).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE', directory })
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    expect(await pidOf(url)).toBe(left)
    const port = Number(new URL(url).port)
    expect(readFileSync(`/proc/${left}/cmdline`, 'utf8')).not.toContain('of any kind')
    await using server = await startValkey({ port, directory, password, engine: 'native' })
    expect(await pidOf(server.url)).not.toBe(left)
    expect(await withRedis(server.url, (redis) => redis.get('a'))).toBe('2')
  })

  test('a frozen server that a killed process left behind is replaced', async () => {
    const directory = join(root, 'frozen')
    const owner = fork(new URL('../testing/valkey-child.ts', import.meta.url), [directory, password])
    const [{ url }] = (await once(owner, 'message')) as [{ url: string }]
    const left = await pidOf(url)
    process.kill(left, 'SIGSTOP')
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    const port = Number(new URL(url).port)
    await using server = await startValkey({ port, directory, password, engine: 'native' })
    expect(await pidOf(server.url)).not.toBe(left)
  })

  test.each([
    ['the file of what came', (name: string) => name.endsWith('.incr.aof')],
    ['the file before', (name: string) => name.endsWith('.rdb')],
    ['the manifest', (name: string) => name.endsWith('.manifest')],
  ])('data that is damaged is set aside: %s', async (what, isDamaged) => {
    const directory = join(root, `damaged ${what}`)
    const first = await startValkey({ port: 0, directory, password, engine: 'native' })
    await withRedis(first.url, async (redis) => {
      for (let key = 0; key < 100; key++) await redis.set(`key ${key}`, 'x'.repeat(100))
    })
    await first.close()
    const files = join(directory, 'appendonlydir')
    const file = join(files, readdirSync(files).find(isDamaged)!)
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.fill('damage', bytes.length >> 2, bytes.length >> 1))
    await using second = await startValkey({ port: 0, directory, password, engine: 'native' })
    expect(await withRedis(second.url, (redis) => redis.dbsize())).toBe(0)
    const [aside] = readdirSync(directory).filter((name) => name.startsWith('damaged-'))
    expect(readFileSync(join(directory, aside!, file.slice(files.length)))).toEqual(bytes)
  })
})

test.each(['native', 'wasm'] as const)('%s asks for its password', async (engine) => {
  if (engine === 'native' && !findValkeyServer()) return
  await using server = await startValkey({ port: 0, directory: join(root, 'closed'), password, engine })
  expect(await withRedis(server.url, (redis) => redis.ping())).toBe('PONG')
  const open = new URL(server.url)
  open.username = open.password = ''
  expect(await said(open)).toContain('-NOAUTH')
  expect(await said(open, 'another')).toContain('-WRONGPASS')
})

function said({ hostname, port }: URL, wrong?: string): Promise<string | undefined> {
  return ask({ host: hostname, port: Number(port), password: wrong }, 'GET a')
}

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
