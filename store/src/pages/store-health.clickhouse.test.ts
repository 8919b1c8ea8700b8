import { expect, test } from 'vitest'
import { settleQuiet } from '../settle/settle.ts'
import { execute, rows } from '../store.ts'
import { insertSpans, later, span, useStore } from '../testing.ts'
import { getStoreStats } from './status.ts'
import { getStoreHealth } from './store-health.ts'

const store = useStore()

test('an empty store is well', async () => {
  const asked = Date.now()
  const health = await getStoreHealth(store())
  expect(health).toMatchObject({ detachedParts: [], damagedParts: [], failedMutations: [] })
  expect(health.disk?.freeBytes).toBeGreaterThan(0)
  expect(health.disk?.totalBytes).toBeGreaterThanOrEqual(health.disk!.freeBytes)
  expect(Math.abs(health.nowMs - asked)).toBeLessThan(60_000)
  expect(await getStoreStats(store())).toMatchObject({
    spans: 0,
    spanRows: 0,
    unsettledTraces: 0,
    oldestUnsettledMs: null,
    lastSettledMs: null,
    newestSpanMs: null,
  })
})

test('spans wait with the time at which the newest of their trace came, until they are settled', async () => {
  await insertSpans(store(), 'trace', span('flow', 'f', 0, 100, span('step', 's', 1, 2)))
  const waiting = await getStoreStats(store())
  expect(waiting).toMatchObject({ spans: 0, spanRows: 2, unsettledTraces: 1, lastSettledMs: null })
  expect(waiting.oldestUnsettledMs).toBe(waiting.newestSpanMs)
  await settleQuiet(store(), { quietMs: 0, now: later() })
  const settled = await getStoreStats(store())
  expect(settled).toMatchObject({ spans: 2, spanRows: 2, unsettledTraces: 0, oldestUnsettledMs: null })
  expect(settled.lastSettledMs).toBeGreaterThan(0)
})

test('parts that are set aside are named until they are back', async () => {
  const [part] = await rows<{ name: string }>(
    store(),
    "SELECT name FROM system.parts WHERE database = currentDatabase() AND table = 'runs' AND active",
  )
  await execute(store(), `ALTER TABLE runs DETACH PART {part:String}`, { part: part!.name })
  const { detachedParts } = await getStoreHealth(store())
  expect(detachedParts).toMatchObject([{ table: 'runs', name: part!.name, reason: '' }])
  expect(detachedParts[0]?.path).toContain('/detached/')
  expect(await getStoreStats(store())).toMatchObject({ runs: 0, spans: 0, spanRows: 2 })
  await execute(store(), `ALTER TABLE runs ATTACH PART {part:String}`, { part: part!.name })
  expect((await getStoreHealth(store())).detachedParts).toEqual([])
  expect(await getStoreStats(store())).toMatchObject({ runs: 1, spans: 2, spanRows: 2 })
})

test('a change of a table that fails is named with its reason', async () => {
  await execute(store(), 'CREATE TABLE odd (a String) ENGINE = MergeTree ORDER BY a')
  await execute(store(), "INSERT INTO odd VALUES ('x')")
  await execute(store(), 'ALTER TABLE odd DELETE WHERE toUInt64(a) = 1 SETTINGS mutations_sync = 0')
  await expect
    .poll(async () => (await getStoreHealth(store())).failedMutations)
    .toMatchObject([{ table: 'odd', reason: expect.stringContaining('Cannot parse') }])
  await execute(store(), "KILL MUTATION WHERE database = currentDatabase() AND table = 'odd'")
})
