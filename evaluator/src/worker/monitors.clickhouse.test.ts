import { randomUUID } from 'node:crypto'
import type {} from '@weir/engines/testing'
import { createStore, execute, insert, migrate, type Store } from '@weir/store'
import { addMonitor, getRunScores, insertScores, type Score } from '@weir/store/evaluations'
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
async function settle(fromNow: number, columns: object = {}): Promise<string> {
  const runId = randomUUID()
  const names = { project: 'default', run_id: runId, flow: 'clocked', source: 'production', status: 'ok' }
  const times = { start: text(Date.now()), settled: text(Date.now() + fromNow) }
  await insert(store, 'runs', [{ ...names, ...times, ...columns }])
  return runId
}

/** Monitors, and what they said. */
function observed(): {
  monitors: Monitors
  scores: Score[]
  setAside: number[]
  unusable: number[]
  log: string[]
} {
  const told = {
    scores: [] as Score[],
    setAside: [] as number[],
    unusable: [] as number[],
    log: [] as string[],
  }
  const monitors = new Monitors(store, {
    scored: (scores, setAside) => {
      told.scores.push(...scores)
      told.setAside.push(setAside)
    },
    unusable: (count) => void told.unusable.push(count),
    log: (line) => void told.log.push(line),
  })
  return { monitors, ...told }
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
  const before = await settle(DAY_MS)
  const { monitors, scores } = observed()
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
  expect(scores).toHaveLength(4)
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
  await observed().monitors.judgeSettled()
  expect(await isJudged(runId)).toBe(true)
})

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

test('what one run holds keeps no other from being judged, and each is judged once', async () => {
  const checks = [run.toHaveOutputEqual([1]), run.toHaveOutputMatching({ type: 'object' }), run.toSucceed()]
  const monitor = { flow: 'odd', sample: 1, created: Date.now() - 60_000 }
  await addMonitor(store, { ...monitor, name: 'odd', definition: JSON.stringify({ checks }) })
  await addMonitor(store, { ...monitor, name: 'newer', definition: '{"checks":[{"type":"run.mood"}]}' })
  const outputs = ['[1]', `${'a'.repeat(198)}😀`, nested(8_000), nested(100_000), '[1]']
  const runIds: string[] = []
  for (const output of outputs)
    runIds.push(await settle(-1_000, { flow: 'odd', output, output_type: 'json' }))
  const { monitors, scores, setAside, unusable, log } = observed()
  await monitors.judgeSettled()
  await monitors.judgeSettled()
  const judgements = await Promise.all(runIds.map((runId) => getRunScores(store, { runId })))
  expect(judgements.map((found) => found.map(({ outcome }) => outcome))).toEqual([
    ['passed', 'failed', 'passed'],
    ['failed', 'failed', 'passed'],
    ['unverifiable', 'unverifiable', 'passed'],
    ['unverifiable', 'unverifiable', 'passed'],
    ['passed', 'failed', 'passed'],
  ])
  expect(judgements[1]![0]!.reason).toBe(`Expected the output [1], got "${'a'.repeat(198)}....`)
  expect(judgements[2]![0]!.reason).toBe('The output is nested deeper than 500 levels: it cannot be judged.')
  expect(scores.filter(({ flow }) => flow === 'odd')).toHaveLength(15)
  expect(new Set(setAside)).toEqual(new Set([0]))
  expect(new Set(unusable)).toEqual(new Set([1]))
  expect(log).toEqual([expect.stringMatching(/^monitor "newer": Expected a list of checks/)])
})

test('a score that ClickHouse refuses is set aside and said, also of a worker that starts anew', async () => {
  await execute(
    store,
    "ALTER TABLE scores ADD CONSTRAINT c CHECK author != 'refused' OR NOT startsWith(reason, 'Expected')",
  )
  const checks = [run.toHaveOutputEqual('b')]
  await addMonitor(store, {
    ...{ name: 'refused', flow: 'refused', sample: 1, created: Date.now() - 60_000 },
    definition: JSON.stringify({ checks }),
  })
  const runIds: string[] = []
  for (const output of ['b', 'a', 'b'])
    runIds.push(await settle(-1_000, { flow: 'refused', output, output_type: 'text' }))
  const { monitors, setAside, log } = observed()
  await monitors.judgeSettled()
  await monitors.judgeSettled()
  expect(setAside.reduce((sum, count) => sum + count, 0)).toBe(1)
  expect(log.at(-1)).toMatch(/^monitors: 1 of \d+ scores: Could not be stored: Constraint `c`/)
  const judgements = await Promise.all(runIds.map((runId) => getRunScores(store, { runId })))
  expect(judgements.flat().map(({ outcome }) => outcome)).toEqual(['passed', 'unverifiable', 'passed'])
  expect(judgements[1]![0]!.reason).toMatch(/^Could not be stored: Constraint `c`/)
  const next = await settle(-100, { flow: 'refused', output: 'b', output_type: 'text' })
  await observed().monitors.judgeSettled()
  expect(await isJudged(next)).toBe(true)
})
