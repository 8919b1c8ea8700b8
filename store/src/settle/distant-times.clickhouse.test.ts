import fc from 'fast-check'
import { expect, test } from 'vitest'
import { getFlowPage } from '../pages/flow.ts'
import { getOverview } from '../pages/overview.ts'
import { getRunPage } from '../pages/run.ts'
import { searchRuns } from '../pages/runs.ts'
import { execute, insert, rows } from '../store.ts'
import { EPOCH_MS, hex, later, span, spanRows, useStore } from '../testing.ts'
import { createMemory, type Memory, settleQuiet, settleTraces } from './settle.ts'
import { recountedMinutes, storedMinutes } from './testing.ts'

const store = useStore()

/** What DateTime64(9) can hold, and what minutes cannot. */
const DISTANT = [
  '1970-01-01 00:00:00',
  '1970-01-01 00:00:00.000000001',
  '1969-12-31 23:59:59.999999999',
  '2106-02-07 06:27:59.999999999',
  '2106-02-07 06:28:00',
  '2106-02-07 06:28:16',
  '2107-01-01 00:00:00',
  '2150-01-01 00:00:00',
  '2262-04-11 23:47:16.854775807',
]
/** What 32 bits make of 2150: a minute of normal runs that must not be touched. */
const WRAPPED = '2013-11-24 17:31:44'

interface Run {
  readonly project: string
  readonly trace: string
  readonly flow: string
  /** As ClickHouse reads it. */
  readonly start: string
  readonly status?: string
}

const addRuns = (runs: readonly Run[]) =>
  insert(
    store(),
    'spans',
    runs.flatMap(({ project, trace, flow, start, status = 'ok' }) =>
      spanRows(trace, span('flow', flow, 0, 10, { status }, span('step', 's', 1, 2))).map((row) => ({
        ...row,
        project,
        start,
        end: start,
      })),
    ),
  )

const normal = (nth: number): Run => ({
  project: nth % 2 ? 'default' : 'other',
  trace: `n${nth}`,
  flow: 'busy',
  start: new Date(EPOCH_MS + nth * 7_000).toISOString().slice(0, 19).replace('T', ' '),
})

/** Nanoseconds since 1970 as ClickHouse writes them. */
function toText(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19).replace('T', ' ')
  return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}`
}

const expectExact = async () => expect(await storedMinutes(store())).toEqual(await recountedMinutes(store()))

const settle = (memory?: Memory) => settleQuiet(store(), { quietMs: 0, now: later(), memory })

/** Merges what merges would one day: normal runs and distant ones then share granules. */
const merge = async () => {
  for (const table of ['runs', 'run_minutes', 'step_minutes'])
    await execute(store(), `OPTIMIZE TABLE ${table} FINAL`)
}

test('a span of any time leaves the minutes of all others as they are, whichever way it settles', async () => {
  const memory = createMemory()
  const runs = Array.from({ length: 20 }, (_, nth) => normal(nth))
  await addRuns([...runs, { project: 'default', trace: 'w', flow: 'busy', start: WRAPPED }])
  await settle(memory)
  await merge()
  const distant = DISTANT.map((start, nth) => ({ project: 'default', trace: `d${nth}`, flow: 'busy', start }))
  for (const turn of [0, 1, 2]) {
    const some = distant.filter((_, nth) => nth % 3 === turn)
    await addRuns([normal(100 + turn), ...some])
    await settle(memory)
    await merge()
    await expectExact()
    // They settle again, the distant ones with another status.
    await addRuns([normal(turn), ...some.map((run) => ({ ...run, status: 'error' }))])
    await settle(turn % 2 ? memory : undefined)
    await expectExact()
    await addRuns([normal(2 * turn + 1), ...some])
    await settleTraces(store(), [...some.map(({ trace }) => hex(trace)), hex(`n${2 * turn + 1}`)])
    await expectExact()
  }
  const kept = await rows<{ id: string; start: string }>(
    store(),
    `SELECT run_id AS id, toString(start) AS start FROM runs FINAL WHERE flow = 'busy'`,
  )
  const starts = new Map(kept.map(({ id, start }) => [id, start]))
  for (const { trace, start } of distant)
    expect(starts.get(hex(trace))).toBe(start.padEnd(20, '.').padEnd(29, '0'))
  const [counted] = await rows<{ runs: number }>(
    store(),
    `SELECT toUInt64(sum(runs)) AS runs FROM run_minutes FINAL WHERE minute >= '2025-01-01' AND minute < '2027-01-01'`,
  )
  expect(counted!.runs).toBe(20 + 3)
})

test('pages answer, and a run of any time is found by its id and by a search', async () => {
  const from = new Date(EPOCH_MS)
  const to = new Date(EPOCH_MS + 3_600_000)
  const { totals } = await getOverview(store(), { from, to })
  expect(totals.runs).toBeGreaterThan(10)
  const everything = { from: new Date(-8.64e15), to: new Date(8.64e15) }
  expect((await getOverview(store(), everything)).totals.runs).toBeGreaterThan(totals.runs)
  expect((await getFlowPage(store(), { ...everything, flow: 'busy' })).totals.runs).toBeGreaterThan(10)
  for (const order of ['newest', 'slowest'] as const) {
    const found: string[] = []
    for (let cursor: string | undefined; ; ) {
      const page = await searchRuns(store(), { ...everything, order, limit: 5, cursor })
      found.push(...page.runs.map(({ runId }) => runId))
      if (page.next === null) break
      cursor = page.next
    }
    expect(new Set(found).size).toBe(found.length)
    expect(found).toEqual(expect.arrayContaining(DISTANT.map((_, nth) => hex(`d${nth}`))))
  }
  for (const [nth, start] of DISTANT.entries()) {
    const page = await getRunPage(store(), { runId: hex(`d${nth}`) })
    expect(page?.spans).toHaveLength(2)
    expect(page?.run.aheadMs === 0).toBe(start < '2100')
  }
})

test('minutes are those of the runs, whatever the times of the spans', async () => {
  const memory = createMemory()
  const nanoseconds = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    fc.bigInt({ min: BigInt(EPOCH_MS) * 1_000_000n, max: BigInt(EPOCH_MS + 600_000) * 1_000_000n }),
    fc.constantFrom(0n, 2n ** 32n * 10n ** 9n, 2n ** 32n * 10n ** 9n - 1n, 2n ** 63n - 1n),
  )
  const run = fc.record({
    project: fc.constantFrom('default', 'other'),
    trace: fc.constantFrom(...Array.from({ length: 12 }, (_, nth) => `p${nth}`)),
    flow: fc.constantFrom('busy', 'idle'),
    start: nanoseconds.map(toText),
    status: fc.constantFrom('ok', 'error'),
  })
  const passes = fc.array(fc.tuple(fc.array(run, { minLength: 1, maxLength: 6 }), fc.boolean()), {
    minLength: 1,
    maxLength: 3,
  })
  await fc.assert(
    fc.asyncProperty(passes, async (all) => {
      for (const [runs, remembers] of all) {
        await addRuns(runs)
        await settle(remembers ? memory : undefined)
        await expectExact()
      }
    }),
    { numRuns: 5, seed: 8 },
  )
})
