import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Collector, startCollector } from '@weir/collector'
import { until } from '@weir/engines/testing'
import { flow, flush, init, shutdown } from '@weir/sdk'
import { createStore, execute, migrate, type Store } from '@weir/store'
import { addMonitor, getRunScores, listMonitors } from '@weir/store/evaluations'
import { getRunRecords } from '@weir/store/pages'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { run, steps } from '../checks/matchers.ts'
import { type RunningWorker, startWorker } from '../worker.ts'

/** A database of its own: other tests have workers on the same server. */
const redisUrl = `${inject('redisUrl')}/6`
let directory: string
let engine: { url: string; child: ChildProcess }
let store: Store
let collector: Collector
let worker: RunningWorker
const log: string[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-settler-'))
  engine = await startEngine(0)
  store = createStore({ url: engine.url, database: 'weir' })
  await migrate(store)
  collector = await startCollector({
    host: '127.0.0.1',
    port: 0,
    store,
    walDirectory: join(directory, 'wal'),
  })
  init({ endpoint: collector.url })
  worker = await startWorker({ host: '127.0.0.1', port: 0, redisUrl, store, settleQuietMs: 200 }, (line) =>
    log.push(line),
  )
})

afterAll(async () => {
  await shutdown()
  await worker?.close()
  await collector?.close()
  await store?.close()
  await stopEngine()
  await rm(directory, { recursive: true, force: true })
})

async function startEngine(port: number) {
  const script = new URL('../../fixtures/queue/engine.mjs', import.meta.url)
  const child = fork(script, [join(directory, 'clickhouse'), String(port)])
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return { url, child }
}

async function stopEngine() {
  const exited = once(engine.child, 'exit')
  engine.child.disconnect()
  await exited
}

const research = flow('research', async (fails: boolean) => {
  await flow.step('plan', () => sleep(2))
  if (fails) await flow.step('search', () => Promise.reject(new Error('down')))
})

/** Runs the flow in production and gives its id. */
async function produce(fails: boolean): Promise<string> {
  const runId = crypto.randomUUID().replaceAll('-', '')
  await research.run(fails, { id: runId }).catch(() => {})
  await flush()
  return runId
}

const settled = (runId: string) =>
  until(
    () => getRunRecords(store, { runIds: [runId] }),
    ({ length }) => length === 1,
  )
const judged = (runId: string) =>
  until(
    () => getRunScores(store, { runId }),
    ({ length }) => length > 0,
  )

it('runs settle, and monitors judge those that settle from then on', async () => {
  const early = await produce(true)
  await settled(early)
  const checks = [run.toSucceed(), steps.toHaveSucceeded('plan'), steps.not.toHaveRun('search')]
  const monitor = { flow: 'research', definition: JSON.stringify({ checks }) }
  await addMonitor(store, { ...monitor, name: 'all', sample: 1 })
  await addMonitor(store, { ...monitor, name: 'none', sample: 0 })
  const [good, bad] = [await produce(false), await produce(true)]
  expect((await judged(good)).map(({ author, name, outcome }) => [author, name, outcome])).toEqual([
    ['all', 'run.toSucceed()', 'passed'],
    ['all', "steps.not.toHaveRun('search')", 'passed'],
    ['all', "steps.toHaveSucceeded('plan')", 'passed'],
  ])
  expect((await judged(bad)).map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'passed'])
  expect(await getRunScores(store, { runId: early })).toEqual([])
  expect((await listMonitors(store)).map(({ name, judged: n, passed }) => [name, n, passed])).toEqual([
    ['all', 2, 1],
    ['none', 0, 0],
  ])
})

it('settles on and says what is wrong while monitors cannot judge', async () => {
  const readyz = async () => (await fetch(`${worker.url}/readyz`)).text()
  const failing = async () =>
    Number(
      /^weir_worker_failing_seconds (.*)$/m.exec(await (await fetch(`${worker.url}/metrics`)).text())?.[1],
    )
  expect([await readyz(), await failing()]).toEqual(['ok\n', 0])
  await execute(store, 'RENAME TABLE scores TO scores_away')
  await settled(await produce(false))
  await until(readyz, (text) => text.startsWith('ok, but ClickHouse: '))
  expect(await failing()).toBeGreaterThan(0)
  const meanwhile = await produce(false)
  await settled(meanwhile)
  await execute(store, 'RENAME TABLE scores_away TO scores')
  await judged(meanwhile)
  await until(readyz, (text) => text === 'ok\n')
})

it('goes on when Redis loses its data', async () => {
  const redis = new Redis(redisUrl)
  await redis.flushdb()
  redis.disconnect()
  await judged(await produce(false))
})

it('goes on when ClickHouse was away, and says so once', async () => {
  log.length = 0
  const port = Number(new URL(engine.url).port)
  await stopEngine()
  await until(
    async () => log,
    ({ length }) => length > 0,
  )
  expect((await fetch(`${worker.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${worker.url}/healthz`)).status).toBe(200)
  await sleep(2_500)
  engine = await startEngine(port)
  await until(
    async () => log,
    ({ length }) => length > 1,
  )
  expect(log).toEqual([
    expect.stringMatching(/^ClickHouse: .*trying again/),
    expect.stringMatching(/^ClickHouse: back after/),
  ])
  await judged(await produce(false))
  expect((await fetch(`${worker.url}/readyz`)).status).toBe(200)
})
