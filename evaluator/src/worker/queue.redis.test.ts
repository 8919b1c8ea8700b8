import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Collector, startCollector } from '@weir/collector'
import type {} from '@weir/engines/testing'
import { createStore, migrate, rows, type Store } from '@weir/store'
import { findCase, listResults } from '@weir/store/evaluations'
import { Job, Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { loadEvalFile } from '../evaluation/load-file.ts'
import { runEvaluation } from '../experiment/run-evaluation.ts'
import { EXPERIMENT_QUEUE, signJob, TRIAL_QUEUE } from '../queue.ts'
import { expectOddResults } from '../testing.ts'

const ENGINE = new URL('../../fixtures/queue/engine.mjs', import.meta.url)
const WORKER = new URL('../../fixtures/queue/worker.mjs', import.meta.url)
const CASES = new URL('../../fixtures/queue/cases.eval.mjs', import.meta.url)
const ODD = new URL('../../fixtures/queue/odd.eval.mjs', import.meta.url)
const SLOW = new URL('../../fixtures/queue/slow.eval.mjs', import.meta.url)
const children: ChildProcess[] = []
/** A database of its own: other tests have workers on the same server. */
const redisUrl = `${inject('redisUrl')}/5`
const queueKey = 'the key of these tests'
let directory: string
let store: Store
let collector: Collector

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-queue-'))
  const engine = await start(ENGINE, [join(directory, 'clickhouse')])
  store = createStore({ url: engine.url, database: 'weir' })
  await migrate(store)
  collector = await startCollector({
    host: '127.0.0.1',
    port: 0,
    store,
    walDirectory: join(directory, 'wal'),
  })
})

afterAll(async () => {
  await collector?.close()
  await store?.close()
  for (const child of children.reverse()) {
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
    if (child.connected) child.disconnect()
    await exited
  }
  await rm(directory, { recursive: true, force: true })
})

async function start(script: URL, args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const child = fork(script, args, { env: { ...process.env, ...env } })
  children.push(child)
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return { url, child }
}

const startWorkerProcess = () =>
  start(WORKER, [], {
    WEIR_CLICKHOUSE_URL: store.url,
    WEIR_CLICKHOUSE_DATABASE: store.database,
    WEIR_REDIS_URL: redisUrl,
    WEIR_ENDPOINT: collector.url,
    WEIR_WORKER_LOCK: '2s',
    WEIR_WORKER_CONCURRENCY: '4',
    QUEUE_TEST_MARKS: directory,
    WEIR_QUEUE_KEY: queueKey,
  })

it('a queued experiment loses nothing and counts nothing twice, whatever crashes', async () => {
  const workers = await Promise.all([startWorkerProcess(), startWorkerProcess()])
  const file = fileURLToPath(CASES)
  const [evaluation] = await loadEvalFile(file)
  const mode = { kind: 'queue' as const, store, redisUrl, queueKey }
  const counts: number[] = []
  const [report] = await runEvaluation(
    evaluation!,
    mode,
    { onTrial: (_plan, done) => counts.push(done) },
    { file },
  )

  const killed = workers.filter(({ child }) => child.signalCode === 'SIGKILL')
  expect(killed).toHaveLength(1)
  expect(await readFile(join(directory, 'process'), 'utf8')).not.toBe('')
  expect(report).toMatchObject({
    status: 'passed',
    mode: 'queue',
    planned: 32,
    evaluated: 32,
    passed: 28,
    errors: 4,
  })
  expect(counts.at(-1)).toBe(32)
  const { caseId, input } = report!.trials[0]!
  expect(await findCase(store, { ...report!, caseId })).toMatchObject({ id: caseId, input })

  const outcomes = Object.groupBy(report!.trials, ({ caseId }) => caseId)
  for (const [caseId, trials] of Object.entries(outcomes)) {
    const expected = /^(always|throws)/.test(caseId) ? 'error' : 'passed'
    expect(
      trials?.map(({ trial, outcome }) => [trial, outcome]),
      caseId,
    ).toEqual([
      [0, expected],
      [1, expected],
    ])
  }
  const results = await listResults(store, { experimentId: report!.experimentId })
  expect(results).toHaveLength(32 * 4)
  const crashed = results.find(({ caseId, kind }) => caseId === 'always ends its process' && kind === 'task')
  expect(crashed?.reason).toBe('The process that ran the evaluation ended: signal SIGKILL.')

  const names = await rows<{ name: string }>(store, 'SELECT DISTINCT flow AS name FROM runs FINAL')
  expect(names).toEqual([{ name: 'queued' }])
  const alive = workers.find(({ child }) => child.signalCode === null)!
  expect((await fetch(`${alive.url}/readyz`)).status).toBe(200)
  expect(await (await fetch(`${alive.url}/metrics`)).text()).toContain(
    'weir_worker_jobs_total{queue="weir-trials"',
  )
})

it('a queued experiment of which no trial could be run was not evaluated', async () => {
  const file = fileURLToPath(CASES)
  const [evaluation] = await loadEvalFile(file)
  const settings = { file, filter: 'always', trials: 1 }
  const [report] = await runEvaluation(
    evaluation!,
    { kind: 'queue', store, redisUrl, queueKey },
    {},
    settings,
  )
  expect(report).toMatchObject({ status: 'error', planned: 1, errors: 1 })
  expect(report!.error).toBe(
    'No trial could be run: The process that ran the evaluation ended: signal SIGKILL.',
  )
})

it('what one trial says ends no other, whether it is text or not', async () => {
  const file = fileURLToPath(ODD)
  const [evaluation] = await loadEvalFile(file)
  const [report] = await runEvaluation(
    evaluation!,
    { kind: 'queue', store, redisUrl, queueKey },
    {},
    { file },
  )
  await expectOddResults(store, report!)
})

it('a job that nobody signed runs nothing', async () => {
  const mark = join(directory, 'unsigned')
  const file = join(directory, 'unsigned.eval.mjs')
  await writeFile(file, `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(mark)}, '')`)
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const subject = { experimentId: 'unsigned', file, directory, evaluation: 'x', variant: '' }
  const trial = { ...subject, item: { id: 'a', input: 1 }, trial: 0 }
  const experiment = {
    ...subject,
    ...{ cases: [], trials: 1, dataset: '', datasetHash: '', revision: '', environment: '', startedMs: 0 },
  }
  for (const [name, data] of [
    [TRIAL_QUEUE, trial],
    [EXPERIMENT_QUEUE, experiment],
    [TRIAL_QUEUE, signJob('the key of somebody else', TRIAL_QUEUE, 'signed', trial)],
  ] as const) {
    const queue = new Queue(name, { connection })
    const jobId = 'payload' in data ? 'signed' : 'unsigned'
    const job = await queue.add('x', data, { jobId, attempts: 3 })
    await expect.poll(() => job.getState()).toBe('failed')
    const failed = await Job.fromId(queue, jobId)
    expect([failed?.failedReason, failed?.attemptsMade]).toEqual([
      expect.stringContaining("is not signed with this worker's key"),
      1,
    ])
    await queue.close()
  }
  connection.disconnect()
  expect(existsSync(mark)).toBe(false)
})

it('a queued experiment goes on when the queue loses its data', async () => {
  const file = fileURLToPath(SLOW)
  const [evaluation] = await loadEvalFile(file)
  const redis = new Redis(redisUrl)
  let lost: Promise<unknown> | undefined
  const onTrial = (_plan: unknown, done: number) => {
    if (done >= 3) lost ??= redis.flushdb()
  }
  const mode = { kind: 'queue' as const, store, redisUrl, queueKey }
  const [report] = await runEvaluation(evaluation!, mode, { onTrial }, { file })
  redis.disconnect()
  expect(await lost).toBe('OK')
  expect(report).toMatchObject({ status: 'passed', planned: 12, evaluated: 12, passed: 12 })
  expect(await listResults(store, { experimentId: report!.experimentId })).toHaveLength(24)
})
