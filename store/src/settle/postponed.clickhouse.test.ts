import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { afterEach, expect, test, vi } from 'vitest'
import { execute, rows, type Store } from '../store.ts'
import { hex, insertSpans, later, span, useStore } from '../testing.ts'
import { createMemory, type FailedTrace, settleQuiet } from './settle.ts'

const store = useStore()

afterEach(async () => {
  for (const table of ['spans', 'runs', 'unsettled_traces']) await execute(store(), `TRUNCATE TABLE ${table}`)
})

const settledRuns = () =>
  rows<{ run_id: string; spans: number }>(
    store(),
    `SELECT run_id, span_count AS spans FROM runs FINAL ORDER BY run_id`,
  )

/** The store, whose statements may take so many bytes of memory. */
function limited(bytes: number): Store {
  const { url, database } = store()
  const client = createClient({
    url,
    database,
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 0,
      date_time_input_format: 'best_effort',
      max_memory_usage: String(bytes),
    },
  })
  return { ...store(), client, close: () => client.close() }
}

test('a trace that cannot be settled keeps no other from it, and is settled once it can be', async () => {
  const others = Array.from({ length: 8 }, (_, nth) => `trace-${nth}`)
  for (const trace of others) await insertSpans(store(), trace, span('flow', 'f', 0, 5))
  await insertSpans(store(), 'trace-4-large', span('flow', 'f', 0, 5, { input: 'a word '.repeat(3_000_000) }))
  // Enough for a pass over the others, and half of what the large one takes.
  const small = limited(32_000_000)
  const memory = createMemory()
  const { sweep } = memory
  const failures: FailedTrace[] = []
  const settle = async (through: Store) => {
    for (let more = true; more; ) {
      const settled = await settleQuiet(through, { quietMs: 0, now: later(), memory }).catch(() => undefined)
      if (settled?.failed) failures.push(settled.failed)
      more = settled?.more ?? true
    }
  }
  await settle(small)
  expect((await settledRuns()).map(({ run_id }) => run_id)).toEqual(others.map((trace) => hex(trace)))
  expect(failures.map(({ traceId, project }) => [traceId, project])).toContainEqual([
    hex('trace-4-large'),
    'default',
  ])
  expect(sweep.postponed.failed).toBe(1)

  await insertSpans(store(), 'trace-9', span('flow', 'f', 0, 5))
  await settle(small)
  expect(await settledRuns()).toHaveLength(others.length + 1)

  await vi.waitFor(
    async () => {
      await settle(store())
      expect(sweep.postponed.failed).toBe(0)
    },
    // It is tried again after a second, after two, after four.
    { interval: 200, timeout: 60_000 },
  )
  await settle(store())
  expect(await settledRuns()).toHaveLength(others.length + 2)
  await small.close()
})

test.each([
  ['as if all had been settled before', undefined],
  ['new', createMemory()],
])('inputs and outputs of more than one slice are written whole: traces %s', async (_, memory) => {
  const traces = Array.from({ length: 3 }, (_, nth) => `bytes-${nth}-${memory ? 'new' : 'old'}`)
  for (const [nth, trace] of traces.entries())
    await insertSpans(
      store(),
      trace,
      span('flow', 'f', 0, 5, { input: `${nth}`.repeat(12_000_000), output: 'o'.repeat(12_000_000) }),
    )
  const settled = await settleQuiet(store(), { quietMs: 0, now: later(), memory })
  expect(settled.runs).toBe(traces.length)
  const lengths = await rows(
    store(),
    `SELECT length(run.input) AS input, length(run.output) AS output, substring(run.input, 12000000) AS last
    FROM runs AS run FINAL WHERE run_id IN {ids:Array(String)} ORDER BY last`,
    { ids: traces.map((trace) => hex(trace)) },
  )
  expect(lengths).toEqual(
    traces.map((_, nth) => ({ input: 12_000_000, output: 12_000_000, last: String(nth) })),
  )
})

test('a large trace that rests does not make the others wait', async () => {
  await insertSpans(store(), 'large', span('flow', 'f', 0, null, span('step', 's', 1, 1)))
  const memory = createMemory()
  const { sweep } = memory
  const settle = () => settleQuiet(store(), { quietMs: 0, now: later(), memory })
  await settle()
  sweep.postponed.noteSettled(`${hex('large')}default`, 5_000)
  await insertSpans(store(), 'large', span('step', 'late', 2, 1, { span_id: 'late' }))
  await insertSpans(store(), 'other', span('flow', 'f', 0, 5))
  expect(await settle()).toMatchObject({ traces: 1 })
  expect(await settledRuns()).toEqual([
    { run_id: hex('large'), spans: 2 },
    { run_id: hex('other'), spans: 1 },
  ])
})
