import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@weir/engines/testing'
import { createStore, insert, migrate, type Store } from '@weir/store'
import { addMonitor, getRunScores } from '@weir/store/evaluations'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { run } from '../checks/matchers.ts'

/** Debian's package `faketime`: moves the wall clock of one process. */
const [FAKETIME] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
const ENGINE = new URL('../../fixtures/queue/engine.mjs', import.meta.url)
const WORKER = new URL('../../fixtures/queue/worker.mjs', import.meta.url)
/** A database of its own: other tests have workers on the same server. */
const redisUrl = `${inject('redisUrl')}/7`
let directory: string
let engine: ChildProcess
let store: Store
let worker: ChildProcess

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-clock-'))
  engine = fork(ENGINE, [join(directory, 'clickhouse')])
  const [{ url }] = (await once(engine, 'message')) as [{ url: string }]
  store = createStore({ url, database: 'weir' })
  await migrate(store)
  const checks = [run.toSucceed()]
  const definition = JSON.stringify({ checks })
  await addMonitor(store, { name: 'all', flow: 'clocked', definition, sample: 1 })
})

afterAll(async () => {
  await store?.close()
  await end(engine)
  await rm(directory, { recursive: true, force: true })
})

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.disconnect()
  await exited
}

const setClock = (offset: string) => writeFile(join(directory, 'clock'), offset)

/** A worker whose wall clock is set by {@link setClock}, at any time. */
async function startWorker(): Promise<void> {
  worker = fork(WORKER, [], {
    env: {
      ...process.env,
      WEIR_WORKER_PORT: '0',
      WEIR_CLICKHOUSE_URL: store.url,
      WEIR_CLICKHOUSE_DATABASE: store.database,
      WEIR_REDIS_URL: redisUrl,
      WEIR_SETTLE_QUIET: '200ms',
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: join(directory, 'clock'),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  })
  await once(worker, 'message')
}

/** Resolves once a new run is settled and judged. */
async function runIsJudged(): Promise<void> {
  const runId = crypto.randomUUID().replaceAll('-', '')
  const now = Date.now()
  const text = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
  const times = { start: text(now), end: text(now + 10), duration_ns: 10_000_000 }
  const names = { project: 'default', name: 'clocked', kind: 'flow', flow: 'clocked', status: 'ok' }
  const ids = {
    run_id: runId,
    declared_run_id: runId,
    trace_id: runId.slice(0, 16),
    span_id: runId.slice(16, 24),
  }
  await insert(store, 'spans', [{ ...names, ...ids, ...times, step_index: -1 }])
  await until(
    () => getRunScores(store, { runId }),
    ({ length }) => length > 0,
  )
}

describe.skipIf(FAKETIME === undefined)('a worker whose clock moves (needs the package faketime)', () => {
  it('settles and judges on when its clock is set back by a day, and when it is started again', async () => {
    await setClock('+0d')
    await startWorker()
    await runIsJudged()
    await setClock('-1d')
    await runIsJudged()
    await end(worker)
    await startWorker()
    await runIsJudged()
    await end(worker)
  })

  it('drops the schedule of a worker whose clock was ahead', async () => {
    await setClock('+3d')
    await startWorker()
    await runIsJudged()
    await end(worker)
    const redis = new Redis(redisUrl)
    const next = await redis.zscore('bull:weir-settle:repeat', 'settle')
    redis.disconnect()
    expect(Number(next)).toBeGreaterThan(Date.now() + 2 * 86_400_000)
    await setClock('+0d')
    await startWorker()
    await runIsJudged()
    await end(worker)
  })
})
