import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@weir/engines/testing'
import { createStore, execute, insert, migrate, rows, type Store } from '@weir/store'
import { removalTotals } from '@weir/store/retention'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { startWorker } from '../worker.ts'

/** A database of its own: other tests have workers on the same server. */
const redisUrl = `${inject('redisUrl')}/9`
let directory: string
let engine: ChildProcess
let store: Store

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-retention-'))
  const script = new URL('../../fixtures/queue/engine.mjs', import.meta.url)
  engine = fork(script, [join(directory, 'clickhouse'), '0'])
  const [{ url }] = (await once(engine, 'message')) as [{ url: string }]
  store = createStore({ url, database: 'weir' })
  await migrate(store)
})

afterAll(async () => {
  await store?.close()
  const exited = once(engine, 'exit')
  engine.disconnect()
  await exited
  await rm(directory, { recursive: true, force: true })
})

const utc = (daysAgo: number) =>
  new Date(Date.now() - daysAgo * 86_400_000).toISOString().replace('T', ' ').replace('Z', '')

/** A run that settled so long ago, and its span. */
async function storeRun(project: string, trace: string, daysAgo: number): Promise<void> {
  const trace_id = trace.padEnd(16, '_')
  const at = utc(daysAgo)
  const run_id = Buffer.from(trace_id).toString('hex')
  const row = { project, trace_id, status: 'ok', input: '{"q":1}' }
  await insert(store, 'spans', [{ ...row, span_id: 'span____', kind: 'flow', received: at, start: at }])
  const ofRun = { run_id, trace_ids: [trace_id], flow: 'research', source: 'production', span_count: 1 }
  await insert(store, 'runs', [{ ...row, ...ofRun, start: at, settled: at }])
}

it('removes at its start what is older than its project is kept for, says so in a line and counts it in metrics; two workers do it once', async () => {
  await storeRun('shop', 'old', 40)
  await storeRun('shop', 'middle', 20)
  await storeRun('shop', 'new', 1)
  await storeRun('audit', 'old', 400)
  // They were settled long ago.
  await execute(store, 'TRUNCATE TABLE unsettled_traces')
  const log: string[] = []
  const days = (others: number | undefined, projects: [string, number | undefined][] = []) => {
    return { others, projects: new Map(projects) }
  }
  const config = {
    ...{ host: '127.0.0.1', port: 0, redisUrl, store, settleQuietMs: 3_600_000 },
    retention: days(30, [['audit', undefined]]),
    payloadRetention: days(14, [['audit', undefined]]),
  }
  const workers = await Promise.all([1, 2].map(() => startWorker(config, (line) => log.push(line))))
  try {
    const lines = () => log.filter((line) => line.startsWith('retention')).toSorted()
    await until(lines, (said) => said.length >= 2)
    expect(lines()).toEqual([
      expect.stringMatching(
        /^retention of project "shop": removed 1 runs with 1 spans from before \d{4}-\d\d-\d\d UTC, about \d+ MB on the disk$/,
      ),
      expect.stringMatching(
        /^retention of project "shop": removed payloads of 1 runs and 1 spans from before/,
      ),
    ])
    const left = await rows(store, 'SELECT trace_id, input FROM spans FINAL ORDER BY trace_id')
    expect(left).toEqual([
      { trace_id: 'middle__________', input: '' },
      { trace_id: 'new_____________', input: '{"q":1}' },
      { trace_id: 'old_____________', input: '{"q":1}' },
    ])
    expect(await removalTotals(store)).toMatchObject([
      { project: 'shop', runs: 1, spans: 1, emptiedSpans: 1 },
    ])
    const metrics = await (await fetch(`${workers[0]!.url}/metrics`)).text()
    expect(metrics).toContain('weir_retention_removed_runs_total{project="shop"} 1\n')
    expect(metrics).toContain('weir_retention_days{project="",of="payloads"} 14\n')
    expect(metrics).toContain('weir_store_rows{project="audit",table="spans"} 1\n')
  } finally {
    await Promise.all(workers.map((worker) => worker.close()))
  }
})
