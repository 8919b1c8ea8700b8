import { randomUUID } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { untilPassesEnd } from '../retention/resettle.ts'
import { execute, rows } from '../store.ts'
import { hex, insertSpans, intercepted, later, span, useStore } from '../testing.ts'
import { OpenPass } from './open-passes.ts'
import { createMemory, settleQuiet } from './settle.ts'
import { isOverlapped, SettledTraces } from './settled-traces.ts'

const store = useStore()

afterEach(async () => {
  vi.restoreAllMocks()
  await execute(store(), 'TRUNCATE TABLE settling_passes')
})

/** A pass that began some minutes ago and spoke so many minutes ago. */
const spoke = (began: number, ...ago: readonly number[]) =>
  execute(
    store(),
    `INSERT INTO settling_passes (settler, version, is_done, said)
    SELECT {settler:UUID}, now64(6) - INTERVAL {began:UInt32} MINUTE, 0, now64(6) - toIntervalMinute(arrayJoin({ago:Array(Int32)}))`,
    { settler: randomUUID(), began, ago: [...ago] },
  )

/** Whether another process is settling, as a worker sees it that looked before. */
async function isSettling(): Promise<boolean> {
  const traces = new SettledTraces()
  await traces.refresh(store())
  return traces.refresh(store())
}

/** Moves the monotonic clock, once. */
function laterOnce(): (seconds: number) => void {
  const now = performance.now.bind(performance)
  let isMoved = false
  return (seconds) => {
    if (!isMoved) vi.spyOn(performance, 'now').mockImplementation(() => now() + seconds * 1_000)
    isMoved = true
  }
}

const isOverlapping = () => isOverlapped(store(), randomUUID(), BigInt(Date.now() + 60_000) * 1_000n)
const count = async () =>
  (await rows<{ n: number }>(store(), 'SELECT count() AS n FROM settling_passes'))[0]!.n

test.each([
  ['a pass that was killed ends with two minutes of silence', [3, 3], false],
  ['a pass goes on that began hours ago and spoke lately', [300, 300, 200, 1], true],
  ['a pass that was killed before the clock was set back has ended', [0, -300], false],
  ['a pass goes on that has spoken again since the clock was set back', [0, -300, 1], true],
] as const)('%s', async (_, [began, ...ago], isOpen) => {
  await spoke(began, ...ago)
  expect(await isSettling()).toBe(isOpen)
})

test('a pass that was killed before another one began does not overlap it', async () => {
  await spoke(200, 3)
  expect(await isOverlapping()).toBe(false)
  await spoke(200, 1)
  expect(await isOverlapping()).toBe(true)
})

test('retention waits for a pass until it is done, and not for one that died', async () => {
  await spoke(200, 150)
  let requests = 0
  const pass = await OpenPass.begin(store(), { settler: randomUUID(), version: 1n })
  const waiting = intercepted(store(), async () => {
    if (++requests === 3) await pass.complete()
  })
  await untilPassesEnd(waiting)
  expect(requests).toBe(3)
})

test('a pass says that it goes on until it is done', async () => {
  const pass = await OpenPass.begin(store(), { settler: randomUUID(), version: 1n }, 100)
  await expect.poll(count, { timeout: 30_000 }).toBeGreaterThan(3)
  expect(await isSettling()).toBe(true)
  await pass.complete()
  expect(await isSettling()).toBe(false)
})

test('a pass that could not speak for long writes nothing, if others may have taken it for dead', async () => {
  await insertSpans(store(), 'overdue', span('flow', 'overdue', 0, 10))
  const passSeconds = laterOnce()
  const suspended = intercepted(store(), (_, query) => {
    if (/FROM spans/.test(query ?? '')) passSeconds(121)
  })
  const { failed } = await settleQuiet(suspended, { quietMs: 0, now: later() })
  expect(failed?.cause).toMatchObject({
    code: 'PASS_OVERDUE',
    message: expect.stringMatching(/for 12\d s nothing, expected at most 120 s/),
  })
  expect(await rows(store(), 'SELECT flow FROM runs')).toEqual([])
  vi.restoreAllMocks()
  await settleQuiet(store(), { quietMs: 0, now: later() })
  expect(await rows(store(), 'SELECT flow FROM runs')).toEqual([{ flow: 'overdue' }])
})

test('a pass that was silent for less goes on', async () => {
  await insertSpans(store(), 'slow', span('flow', 'slow', 0, 10))
  const passSeconds = laterOnce()
  const slow = intercepted(store(), (_, query) => {
    if (/FROM spans/.test(query ?? '')) passSeconds(110)
  })
  expect((await settleQuiet(slow, { quietMs: 0, now: later() })).runs).toBe(1)
  // It began, said that it goes on, and was done.
  expect(await count()).toBe(3)
})

test('what a pass wrote before it was killed is known to a worker that looks after its end', async () => {
  const memory = createMemory()
  await memory.traces.refresh(store())
  await insertSpans(store(), 'killed', span('flow', 'killed', 0, 10))
  const killed = intercepted(store(), (_, query) => {
    if (/FROM run_minutes/.test(query ?? '')) throw new Error('killed')
  })
  await settleQuiet(killed, { quietMs: 0, now: later(), memory: createMemory() })
  const [traces, before] = [memory.traces, memory.traces.has(hex('killed'))]
  expect([before, await traces.refresh(store()), traces.has(hex('killed'))]).toEqual([false, true, true])
  // It wrote another one after that look.
  await execute(
    store(),
    `INSERT INTO runs (project, run_id, trace_id, trace_ids, flow, start, settled)
    SELECT 'default', 'last', unhex('${'ab'.repeat(16)}') AS id, [id], 'killed', now64(9), max(version) FROM settling_passes`,
  )
  await execute(
    store(),
    `INSERT INTO settling_passes SELECT * REPLACE (said - INTERVAL 119 SECOND AS said) FROM settling_passes`,
  )
  await execute(store(), `DELETE FROM settling_passes WHERE said > now64(6) - INTERVAL 1 MINUTE`)
  const look = async () => [await traces.refresh(store()), traces.has('ab'.repeat(16))]
  await expect.poll(look, { timeout: 30_000 }).toEqual([false, true])
})
