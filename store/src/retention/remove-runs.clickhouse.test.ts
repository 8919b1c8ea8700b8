import { expect, test } from 'vitest'
import { insert, rows } from '../store.ts'
import { hex, interceptedWrites, span } from '../testing.ts'
import { readRetention } from './applied-retention.ts'
import { applyRetention } from './apply-retention.ts'
import { removalTotals } from './removals.ts'
import { apply, DAY_MS, days, dieEverywhere, LATE, RUN, useRetention } from './testing.ts'

const { store, send, settle, stored, expectExactMinutes } = useRetention()

const score = (project: string, trace: string) => ({
  project,
  run_id: hex(trace),
  source: 'monitor',
  author: 'm',
  name: 'is-ok',
  kind: 'check',
  outcome: 'passed',
})

const TABLES = [
  'spans',
  'resources',
  'runs',
  'run_index',
  'run_minutes',
  'step_minutes',
  'scores',
  'run_traces',
]
const NOTHING = Object.fromEntries(TABLES.map((table) => [table, 0]))

test('the runs of one project go with all that is of them, those of another stay, and each row is accounted for', async () => {
  for (const project of ['short', 'long']) {
    await send(project, 'one', RUN())
    await send(project, 'two', RUN('other', { declared_run_id: 'named' }))
    await insert(store(), 'scores', [score(project, 'one')])
  }
  await settle()
  const before = await stored('long')
  expect(before).toMatchObject({ spans: 6, resources: 2, runs: 2, scores: 1, run_traces: 1 })

  const policy = { runs: days(90, { short: 7 }) }
  expect(await apply(store(), policy, 6)).toEqual([])
  const [removal, ...others] = await apply(store(), policy, 9)
  expect(others).toEqual([])
  expect(removal).toMatchObject({ project: 'short', kind: 'runs', runs: 2, spans: 6 })
  expect(removal!.bytes).toBeGreaterThan(0)
  expect(await stored('short')).toEqual(NOTHING)
  expect(await stored('long')).toEqual(before)
  await expectExactMinutes()

  expect(await apply(store(), policy, 9)).toEqual([])
  expect((await readRetention(store())).map(({ appliedMs: _, ...row }) => row)).toEqual([
    { project: '', days: 90, payloadDays: 0 },
    { project: 'long', days: 90, payloadDays: 0 },
    { project: 'short', days: 7, payloadDays: 0 },
  ])
  expect(await removalTotals(store())).toMatchObject([
    { project: 'short', runs: 2, spans: 6, emptiedRuns: 0, emptiedSpans: 0 },
  ])
})

test('nothing is removed where nothing is said, and a clock of a client decides nothing', async () => {
  const year = 365 * DAY_MS
  await send('p', 'past', span('flow', 'past', -20 * year, 10))
  await send('p', 'future', span('flow', 'future', 100 * year, 10))
  await settle()
  expect(await apply(store(), {}, 4_000)).toEqual([])
  expect(await apply(store(), { runs: days(30) }, 29)).toEqual([])
  expect((await stored('p')).runs).toBe(2)
  expect(await apply(store(), { runs: days(30) }, 32)).toMatchObject([{ runs: 2, spans: 2 }])
  expect(await stored('p')).toEqual(NOTHING)
})

test('what is running, unsettled, of an experiment, named by a result or in the window of a baseline stays, with its whole trace', async () => {
  await send('p', 'old', RUN('old'))
  await send('p', 'running', span('flow', 'running', 0, null))
  await send('p', 'trial', RUN('trial', { experiment_id: 'e1' }))
  await send('p', 'judged', RUN('judged'), span('flow', 'beside', 5, 5))
  await send('p', 'frozen', RUN('frozen', { version: '2' }))
  await send('p', 'thawed', RUN('frozen', { version: '3' }))
  await insert(store(), 'results', [
    { project: 'p', experiment_id: 'e2', run_id: hex('judged'), kind: 'task' },
  ])
  await insert(store(), 'baselines', [
    {
      project: 'p',
      name: 'b',
      flow: 'frozen',
      version: '2',
      window_from: '2025-12-31',
      window_to: '2026-01-02',
    },
  ])
  await settle()
  await send('p', 'late', RUN('late'))

  expect(await apply(store(), { runs: days(1) }, 3)).toMatchObject([{ runs: 2, spans: 6 }])
  const flows = await rows<{ flow: string }>(store(), 'SELECT DISTINCT flow FROM runs FINAL ORDER BY flow')
  expect(flows.map(({ flow }) => flow)).toEqual(['beside', 'frozen', 'judged', 'running', 'trial'])
  expect((await stored('p')).spans).toBe(1 + 3 + 4 + 3 + 3)
  await settle()
  await expectExactMinutes()
})

test('a run of several traces goes or stays as a whole', async () => {
  const part = (name: string, columns = {}) =>
    span('flow', 'long', 0, 10, { declared_run_id: name, ...columns })
  await send('p', 'a1', part('goes'))
  await send('p', 'a2', part('goes'))
  await send('p', 'b1', part('stays'))
  await send('p', 'b2', part('stays'), span('flow', 'judged', 5, 5, { declared_run_id: 'judged' }))
  await insert(store(), 'results', [{ project: 'p', experiment_id: 'e', run_id: 'judged', kind: 'task' }])
  await settle()
  expect(await apply(store(), { runs: days(1) }, 3)).toMatchObject([{ runs: 1, spans: 2 }])
  const left = await rows(store(), 'SELECT run_id, span_count FROM runs FINAL ORDER BY run_id')
  expect(left).toEqual([
    { run_id: 'judged', span_count: 1 },
    { run_id: 'stays', span_count: 2 },
  ])
  expect((await stored('p')).spans).toBe(3)
})

test('late spans of a run that was removed are a run of their own, with exact minutes', async () => {
  await send('p', 'gone', RUN())
  await settle()
  await apply(store(), { runs: days(1) }, 3)
  await send('p', 'gone', LATE)
  await settle()
  expect(await rows(store(), 'SELECT run_id, incomplete, span_count FROM runs FINAL')).toEqual([
    { run_id: hex('gone'), incomplete: 1, span_count: 1 },
  ])
  await expectExactMinutes()
})

test('spans that come and settle while their trace is removed are settled again without those that went', async () => {
  await send('p', 'busy', RUN())
  await settle()
  let wrote = 0
  const interrupted = interceptedWrites(store(), async (write) => {
    wrote = write
    // The batch is chosen and counted; its rows are not deleted yet.
    if (write !== 4) return
    await send('p', 'busy', LATE)
    await settle()
    expect(await rows(store(), 'SELECT span_count FROM runs FINAL')).toEqual([{ span_count: 4 }])
  })
  expect(await apply(interrupted, { runs: days(1) }, 3)).toMatchObject([{ runs: 1, spans: 3 }])
  expect(wrote).toBeGreaterThan(4)
  await settle()
  expect(await rows(store(), 'SELECT incomplete, span_count FROM runs FINAL')).toEqual([
    { incomplete: 1, span_count: 1 },
  ])
  expect((await stored('p')).spans).toBe(1)
  await expectExactMinutes()
})

test('a batch has bounds, and a round ends between two', async () => {
  for (const trace of ['a', 'b', 'c']) {
    await send('p', trace, RUN())
    await settle()
  }
  const stop = new AbortController()
  const now = new Date(Date.now() + 3 * DAY_MS)
  const policy = { runs: days(1), payloads: days(undefined) }
  const params = { policy, now, mostRuns: 1, signal: stop.signal }
  for await (const removal of applyRetention(store(), params)) {
    expect(removal.runs).toBeLessThan(3)
    stop.abort()
  }
  expect((await stored('p')).runs).toBeGreaterThan(0)
  await apply(store(), { runs: days(1) }, 3)
  expect(await stored('p')).toEqual(NOTHING)
  expect(await removalTotals(store())).toMatchObject([{ runs: 3, spans: 9 }])
})

test('rounds that die, each one write later than the one before, are finished by the next, which counts each row once', async () => {
  await send('p', 'old', RUN())
  await send('p', 'trial', RUN('trial', { experiment_id: 'e' }))
  await settle()
  await insert(store(), 'scores', [score('p', 'old')])
  const deaths = await dieEverywhere(store(), (mortal) => apply(mortal, { runs: days(10) }, 12))
  expect(deaths).toBeGreaterThan(10)
  expect(await removalTotals(store())).toMatchObject([
    { project: 'p', runs: 1, spans: 3, emptiedRuns: 0, emptiedSpans: 0 },
  ])
  expect(await rows(store(), 'SELECT flow, span_count, input FROM runs FINAL')).toEqual([
    { flow: 'trial', span_count: 3, input: '{"q":"why"}' },
  ])
  expect(await stored('p')).toMatchObject({ spans: 3, runs: 1, scores: 0 })
  expect(await rows(store(), 'SELECT * FROM retention_traces')).toEqual([])
  await expectExactMinutes()
})
