import { expect, it } from 'vitest'
import { execute } from '../store.ts'
import { useStore } from '../testing.ts'
import { addMonitor, listMonitors, readMonitors, removeMonitor } from './monitors.ts'
import { getRunScores, insertScores, listFlowScores } from './scores.ts'
import { latestMonitorScore } from './settled-runs.ts'
import type { Score } from './types.ts'

const store = useStore()

const start = BigInt(Date.now()) * 1_000_000n + 123_456n

const score = (runId: string, rest: Partial<Score> = {}): Score => ({
  runId,
  source: 'monitor',
  author: 'research.pipeline',
  name: 'run.toSucceed()',
  kind: 'check',
  flow: 'research',
  runStartUnixNano: start,
  outcome: 'passed',
  score: 1,
  reason: '',
  ...rest,
})

it('a monitor is replaced by its name and removed', async () => {
  const monitor = { name: 'research.pipeline', flow: 'research', definition: '{"checks":[]}', sample: 0.5 }
  const { createdMs } = await addMonitor(store(), monitor)
  await addMonitor(store(), { ...monitor, sample: 1 })
  expect(await readMonitors(store())).toEqual([{ ...monitor, sample: 1, createdMs }])
  await addMonitor(store(), { ...monitor, name: 'other' })
  expect(await removeMonitor(store(), { name: 'other' })).toBe(true)
  expect(await removeMonitor(store(), { name: 'other' })).toBe(false)
  expect(await readMonitors(store())).toHaveLength(1)
})

it('a monitor that was written before the clock was set back can be replaced and removed', async () => {
  const monitor = { name: 'ahead', flow: 'research', definition: '{"checks":[]}', sample: 0.5 }
  await addMonitor(store(), monitor)
  await execute(
    store(),
    `INSERT INTO monitors SELECT * REPLACE (updated + INTERVAL 1 DAY AS updated) FROM monitors FINAL WHERE name = 'ahead'`,
  )
  await addMonitor(store(), { ...monitor, sample: 1 })
  expect(await readMonitors(store())).toContainEqual(expect.objectContaining({ name: 'ahead', sample: 1 }))
  await removeMonitor(store(), { name: 'ahead' })
  expect(await readMonitors(store())).not.toContainEqual(expect.objectContaining({ name: 'ahead' }))
})

it('judging a run again replaces its scores', async () => {
  expect(await latestMonitorScore(store())).toBe(0)
  await insertScores(store(), [score('r1', { outcome: 'failed', score: 0 }), score('r2')])
  await insertScores(store(), [
    score('r1', { outcome: 'unverifiable', score: 0, reason: 'late' }),
    score('r1', { name: 'b' }),
  ])
  await insertScores(store(), [
    score('r1', { source: 'human', author: 'ann', name: 'helpful', kind: 'scorer', score: 0.5 }),
  ])
  expect(await getRunScores(store(), { runId: 'r1' })).toMatchObject(
    [
      { source: 'monitor', name: 'b', outcome: 'passed' },
      {
        source: 'monitor',
        name: 'run.toSucceed()',
        outcome: 'unverifiable',
        reason: 'late',
        runStartUnixNano: start,
      },
      { source: 'human', author: 'ann', score: 0.5 },
    ].sort((x, y) => (x.source < y.source ? -1 : 1)),
  )
  expect(await listMonitors(store(), { flow: 'research' })).toMatchObject([
    {
      judged: 2,
      passed: 1,
      failed: 0,
      unverifiable: 1,
      passRate: 0.5,
      checks: [
        { name: 'b', passed: 1, failed: 0, unverifiable: 0 },
        { name: 'run.toSucceed()', passed: 1, failed: 0, unverifiable: 1 },
      ],
    },
  ])
  expect(await listMonitors(store(), { flow: 'other' })).toEqual([])
  const before = { since: Date.now() - 7_200_000, until: Date.now() - 3_600_000 }
  expect(await listMonitors(store(), before)).toMatchObject([{ judged: 0, checks: [] }])
  const bad = await listFlowScores(store(), {
    flow: 'research',
    since: Date.now() - 60_000,
    onlyNotPassed: true,
  })
  expect(bad.map(({ runId, outcome }) => [runId, outcome])).toEqual([['r1', 'unverifiable']])
  expect(await latestMonitorScore(store())).toBeGreaterThan(Date.now() - 60_000)
})
