import { randomUUID } from 'node:crypto'
import type {} from '@weir/engines/testing'
import {
  addMonitor,
  createStore,
  execute,
  getRunScores,
  insert,
  insertScores,
  migrate,
  type Store,
} from '@weir/store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { run } from '../checks/matchers.ts'
import { Monitors } from './monitors.ts'

let store: Store
const DAY_MS = 86_400_000

beforeAll(async () => {
  const database = `weir_test_${randomUUID().replaceAll('-', '')}`
  store = createStore({ url: inject('clickhouseUrl'), database })
  await migrate(store)
})

afterAll(async () => {
  await execute(store, 'DROP DATABASE {database:Identifier} SYNC', { database: store.database })
  await store.close()
})

const text = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')

/** A run that settled so many milliseconds from now. */
async function settle(fromNow: number): Promise<string> {
  const runId = randomUUID()
  const names = { project: 'default', run_id: runId, flow: 'clocked', source: 'production', status: 'ok' }
  await insert(store, 'runs', [{ ...names, start: text(Date.now()), settled: text(Date.now() + fromNow) }])
  return runId
}

const isJudged = async (runId: string) => (await getRunScores(store, { runId })).length > 0

test('monitors judge on when the clock was set back by a day, each run once', async () => {
  const definition = JSON.stringify({ checks: [run.toSucceed()] })
  // Deployed and judging before the clock was set back.
  await addMonitor(store, {
    name: 'm',
    flow: 'clocked',
    definition,
    sample: 1,
    created: Date.now() + DAY_MS - 60_000,
  })
  let scores = 0
  const count = (found: readonly unknown[]) => {
    scores += found.length
  }
  const before = await settle(DAY_MS)
  const monitors = new Monitors(store, count, () => {})
  await monitors.judgeSettled()
  expect(await isJudged(before)).toBe(true)
  const since = await settle(-100)
  await monitors.judgeSettled()
  expect(await isJudged(since)).toBe(true)
  // Settled again, or just before the clock was set back.
  const ahead = await settle(DAY_MS + 1)
  const next = await settle(-50)
  await monitors.judgeSettled()
  expect([await isJudged(ahead), await isJudged(next)]).toEqual([true, true])
  await monitors.judgeSettled()
  expect(scores).toBe(4)
})

test('so does a worker that is started after the clock was set back', async () => {
  const early = await settle(DAY_MS)
  await insertScores(store, [
    {
      ...{ runId: early, source: 'monitor', author: 'm', name: 'x', kind: 'check', flow: 'clocked' },
      ...{ runStartUnixNano: 0n, outcome: 'passed', score: 1, reason: '' },
    },
  ])
  await execute(
    store,
    `INSERT INTO scores SELECT * REPLACE (created + INTERVAL 1 DAY AS created) FROM scores WHERE run_id = {early:String}`,
    { early },
  )
  const runId = await settle(-100)
  await new Monitors(
    store,
    () => {},
    () => {},
  ).judgeSettled()
  expect(await isJudged(runId)).toBe(true)
})
