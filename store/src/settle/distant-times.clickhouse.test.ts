import fc from 'fast-check'
import { expect, test } from 'vitest'
import { getFlowPage } from '../pages/flow.ts'
import { getOverview } from '../pages/overview.ts'
import { getRunPage } from '../pages/run.ts'
import { searchRuns } from '../pages/runs.ts'
import { execute, insert, rows } from '../store.ts'
import { EPOCH_MS, hex, later, span, spanRows, useStore } from '../testing.ts'
import { settleQuiet, settleTraces } from './settle.ts'
import { SettledRuns } from './settled-runs.ts'

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

async function minutes(): Promise<unknown> {
  const runs = `
    SELECT project, flow, toString(minute) AS minute, toUInt64(sum(runs)) AS runs, toUInt64(sum(errors)) AS errors
    FROM run_minutes FINAL GROUP BY project, flow, minute ORDER BY project, flow, minute`
  const steps = `
    SELECT project, flow, toString(minute) AS minute, toUInt64(sum(executions)) AS executions
    FROM step_minutes FINAL GROUP BY project, flow, minute ORDER BY project, flow, minute`
  return [await rows(store(), runs), await rows(store(), steps)]
}

/** The same of the runs themselves, in arithmetic that does not wrap around. */
async function recount(): Promise<unknown> {
  const minute = `intDiv(toUnixTimestamp64Nano(start), 60000000000) * 60`
  const charted = `start >= toDateTime64(0, 9, 'UTC') AND start < toDateTime64('2106-02-07 06:28:00', 9, 'UTC')`
  const runs = `
    SELECT project, flow, toString(toDateTime(${minute}, 'UTC')) AS minute, count() AS runs, countIf(status = 'error') AS errors
    FROM runs FINAL WHERE ${charted} GROUP BY project, flow, minute ORDER BY project, flow, minute`
  const steps = `
    SELECT project, flow, toString(toDateTime(${minute}, 'UTC')) AS minute, count() AS executions
    FROM runs FINAL ARRAY JOIN step_names WHERE ${charted}
    GROUP BY project, flow, minute ORDER BY project, flow, minute`
  return [await rows(store(), runs), await rows(store(), steps)]
}

const settle = (known?: SettledRuns) => settleQuiet(store(), { quietMs: 0, now: later(), known })

/** Merges what merges would one day: normal runs and distant ones then share granules. */
const merge = async () => {
  for (const table of ['runs', 'run_minutes', 'step_minutes'])
    await execute(store(), `OPTIMIZE TABLE ${table} FINAL`)
}

test('a span of any time leaves the minutes of all others as they are, whichever way it settles', {
  timeout: 600_000,
}, async () => {
  const known = new SettledRuns()
  const runs = Array.from({ length: 20 }, (_, nth) => normal(nth))
  await addRuns([...runs, { project: 'default', trace: 'w', flow: 'busy', start: WRAPPED }])
  await settle(known)
  await merge()
  for (const [nth, start] of DISTANT.entries()) {
    const distant = { project: 'default', trace: `d${nth}`, flow: 'busy', start }
    await addRuns([normal(100 + nth), distant])
    await settle(known)
    await merge()
    expect(await minutes()).toEqual(await recount())
    // Both settle again, one of them with another status.
    await addRuns([normal(nth), { ...distant, status: 'error' }])
    await settle(nth % 2 ? known : undefined)
    expect(await minutes()).toEqual(await recount())
    await settleTraces(store(), [hex(`d${nth}`), hex(`n${nth - (nth % 2) + 1}`)])
    expect(await minutes()).toEqual(await recount())
    const [kept] = await rows<{ start: string }>(
      store(),
      `SELECT toString(start) AS start FROM runs FINAL WHERE run_id = '${hex(`d${nth}`)}'`,
    )
    expect(kept!.start).toBe(start.padEnd(20, '.').padEnd(29, '0'))
  }
  const [counted] = await rows<{ runs: number }>(
    store(),
    `SELECT toUInt64(sum(runs)) AS runs FROM run_minutes FINAL WHERE minute >= '2025-01-01' AND minute < '2027-01-01'`,
  )
  expect(counted!.runs).toBe(20 + DISTANT.length)
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

test('minutes are those of the runs, whatever the times of the spans', { timeout: 600_000 }, async () => {
  const known = new SettledRuns()
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
        await settle(remembers ? known : undefined)
        expect(await minutes()).toEqual(await recount())
      }
    }),
    { numRuns: 5, seed: 8 },
  )
})
