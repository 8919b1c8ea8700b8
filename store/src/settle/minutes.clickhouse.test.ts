import { randomUUID } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { execute, rows } from '../store.ts'
import { insertSpans, intercepted, interceptedWrites, later, span, useStore } from '../testing.ts'
import { OpenPass } from './open-passes.ts'
import { createMemory, settleQuiet } from './settle.ts'
import { recountedMinutes, storedMinutes } from './testing.ts'

const store = useStore()

/** As many as are added to their minutes, not counted again with all others there. */
const RUNS = 2_000
/** One more than a minute may have slices. */
const PASSES = 16

/** Runs of two spans, in the three minutes before now. One in fifty misses what is above its step. */
const INSERT = `
  INSERT INTO spans (
    project, trace_id, span_id, parent_span_id, name, kind, declared_flow, declared_run_id, status, step_index, input_tokens,
    start, end
  )
  SELECT
    'default', murmurHash3_128(number) AS trace, substring(murmurHash3_128(number, span), 1, 8)::FixedString(8),
    if(span = 0, toFixedString('', 8), substring(murmurHash3_128(number, if(number % 50 = 7, 9, 0)::UInt8), 1, 8)::FixedString(8)),
    if(span = 0, {flow:String}, 'step'), if(span = 0, 'flow', 'step'), {flow:String}, lower(hex(trace)),
    if(number % 10 = 0, 'error', 'ok'), if(span = 0, -1, 0), span * 3,
    toDateTime64('2026-01-01 00:00:00', 9, 'UTC') + INTERVAL number % 180 SECOND AS begin, begin + INTERVAL 1 SECOND
  FROM numbers({first:UInt64}, {runs:UInt64}) ARRAY JOIN [0, 1]::Array(UInt8) AS span`

let inserted = 0
async function insertRuns(flow: string): Promise<void> {
  await execute(store(), INSERT, { flow, first: inserted, runs: RUNS })
  inserted += RUNS
}

afterEach(async () => {
  for (const table of ['spans', 'runs', 'run_minutes', 'step_minutes', 'unsettled_traces'])
    await execute(store(), `TRUNCATE TABLE ${table}`)
})

const slices = async () =>
  (
    await rows<{ n: number }>(store(), 'SELECT uniqExact(slice) AS n FROM run_minutes FINAL WHERE slice != 0')
  )[0]?.n

const settle = (to = store(), memory = createMemory()) =>
  settleQuiet(to, { quietMs: 0, now: later(), memory })

async function expectExact(flow: string): Promise<void> {
  const stored = await storedMinutes(store(), flow)
  expect(stored.flat().length).toBeGreaterThan(0)
  expect(stored).toEqual(await recountedMinutes(store(), flow))
}

test('many new runs are added to their minutes; a late or repeated span rebuilds them', async () => {
  const memory = createMemory()
  for (let pass = 1; pass <= PASSES; pass++) {
    await insertRuns('busy')
    expect(await settle(store(), memory)).toEqual({ traces: RUNS, runs: RUNS, more: false })
    // Then they have too many, and become one again.
    expect(await slices()).toBe(pass < PASSES ? pass : 0)
    if (pass < 3 || pass === PASSES) await expectExact('busy')
  }
  await insertRuns('busy')
  await settle(store(), memory)
  expect(await slices()).toBe(1)
  // Of the first runs, some spans come again, and one comes late.
  await execute(store(), INSERT, { flow: 'busy', first: 0, runs: 20 })
  await insertSpans(store(), 'late', span('flow', 'busy', 1_000, 10))
  await settle(store(), memory)
  await insertSpans(store(), 'late', span('flow', 'busy', 500, 10, { status: 'error' }))
  await settle(store(), memory)
  await expectExact('busy')
  expect(await rows(store(), 'SELECT count() AS runs FROM runs FINAL')).toEqual([
    { runs: (PASSES + 1) * RUNS + 1 },
  ])
})

test('what was added by a pass that died is counted once', async () => {
  let write = 1
  for (let died = true; died; write++) {
    await insertRuns(`dying ${write} `)
    died = false
    const dying = interceptedWrites(store(), (nth) => {
      died ||= nth >= write
      if (nth >= write) throw new Error('dead')
    })
    await settle(dying).catch(() => undefined)
    if (died) await settle()
  }
  expect(write).toBeGreaterThan(6)
  await expectExact('dying ')
})

/** Requests of a pass before these only find what is to be done, and write nothing. */
const READS = 5

test('a pass that adds while another one rebuilds is counted once', async () => {
  let request = READS
  for (let overlapped = true; overlapped; request++) {
    const flow = `overlapped ${request} `
    await insertRuns(flow)
    overlapped = false
    const adding = intercepted(store(), async (nth) => {
      if (nth !== request) return
      overlapped = true
      await insertSpans(store(), `w${request}`, span('flow', flow, 1_000, 10))
      await settle()
    })
    await settle(adding)
    while ((await settle()).traces > 0);
  }
  expect(request).toBeGreaterThan(10)
  await expectExact('overlapped ')
})

test('rows of an older rebuild that are written last do not stay', async () => {
  await insertSpans(store(), 'stale', span('flow', 'stale', 0, 10, span('step', 's', 1, 2)))
  using _ = await OpenPass.begin(store(), { settler: randomUUID(), version: 1n })
  let written = 0
  const overtaken = intercepted(store(), async (_, query) => {
    if (!/^\s*SELECT version\s+FROM settling_passes/.test(query ?? '')) return
    for (const table of ['run_minutes', 'step_minutes']) {
      const older = `'gone' AS service, settled - INTERVAL 1 SECOND AS settled`
      await execute(
        store(),
        `INSERT INTO ${table} SELECT * REPLACE (${older}) FROM ${table} FINAL WHERE flow = 'stale'`,
      )
      written++
    }
  })
  await settle(overtaken)
  expect(written).toBe(2)
  await expectExact('stale')
})
