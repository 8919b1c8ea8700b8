import { expect, test } from 'vitest'
import { insert, rows } from '../store.ts'
import { describeRuns, hex, insertSpans, later, span, spanRows, useStore } from '../testing.ts'
import { createMemory, type Memory, settleQuiet, settleTraces } from './settle.ts'

const store = useStore()

const quiet = (memory?: Memory) => settleQuiet(store(), { quietMs: 0, now: later(), memory })

/** Each a way to settle what came, pass after pass. */
const WAYS: readonly [string, () => (traces: readonly string[]) => Promise<unknown>][] = [
  [
    'a worker that knows what it settled',
    () => {
      const memory = createMemory()
      return () => quiet(memory)
    },
  ],
  ['workers that know what others settled', () => () => quiet(createMemory())],
  ['workers that know nothing', () => () => quiet()],
  [
    'evaluations',
    () => (traces) =>
      settleTraces(
        store(),
        traces.map((trace) => hex(trace)),
      ),
  ],
]

const COLUMNS = `lower(hex(trace_id)) AS trace, arrayMap(id -> lower(hex(id)), trace_ids) AS traces, step_traces,
  span_count, input_tokens, input, output`

test.each(WAYS)('a run over two traces is one, whichever comes first: settled by %s', async (who, start) => {
  const settle = start()
  const nth = WAYS.findIndex(([name]) => name === who)
  const trace = (run: string, part: string) => `${part} ${run} ${nth}`
  const insertPart = (run: string, part: string, at: number, status: string) => {
    const own = { declared_run_id: `${run} ${nth}`, input_tokens: 3 }
    const step = span('step', part, at + 1, 5, own, span('tool', 'look', at + 2, 1))
    const value = { input: `to ${part}`, output: `of ${part}` }
    return insertSpans(
      store(),
      trace(run, part),
      span('flow', run, at, 10, { ...own, ...value, status }, step),
    )
  }
  await insertPart('in order', 'ask', 0, 'suspended')
  await insertPart('turned', 'end', 60_000, 'ok')
  await settle([trace('in order', 'ask'), trace('turned', 'end')])
  await insertPart('in order', 'end', 60_000, 'ok')
  await insertPart('turned', 'ask', 0, 'suspended')
  await settle([trace('in order', 'end'), trace('turned', 'ask')])

  for (const run of ['in order', 'turned']) {
    const where = `run_id = '${run} ${nth}'`
    expect(await describeRuns(store(), where)).toEqual([`${run} ok 0+20 ask#0 ok 1+5 | end#0 ok 60001+5`])
    expect(await rows(store(), `SELECT ${COLUMNS} FROM runs FINAL WHERE ${where}`)).toEqual([
      {
        trace: hex(trace(run, 'ask')),
        traces: [hex(trace(run, 'ask')), hex(trace(run, 'end'))],
        step_traces: [0, 1],
        span_count: 6,
        input_tokens: 6,
        input: 'to ask',
        output: 'of end',
      },
    ])
  }
  const minutes = `SELECT flow, minute, runs, input_tokens AS tokens FROM run_minutes FINAL ORDER BY flow, minute`
  const minute = { minute: '2026-01-01 00:00:00', runs: nth + 1, tokens: 6 * (nth + 1) }
  expect(await rows(store(), minutes)).toEqual(['in order', 'turned'].map((flow) => ({ flow, ...minute })))
  // What an evaluation settled is settled again once it is quiet.
  await quiet()
})

test('a nested run that another trace continues is one, whichever comes first', async () => {
  const memory = createMemory()
  for (const [first, second] of [
    ['nested1', 'more1'],
    ['more2', 'nested2'],
  ] as const) {
    const [nested, more] = first.startsWith('nested') ? [first, second] : [second, first]
    const run = `${hex(nested)}-${hex('inner', 8)}`
    const inner = span('flow', 'inner', 10, 20, { span_id: 'inner' }, span('step', 'begin', 11, 2))
    const parts = {
      [nested]: span('flow', 'outer', 0, 100, inner),
      [more]: span(
        'flow',
        'inner',
        200,
        10,
        { declared_run_id: run },
        span('step', 'end', 201, 2, { declared_run_id: run }),
      ),
    }
    for (const trace of [first, second]) {
      await insertSpans(store(), trace, parts[trace]!)
      await quiet(memory)
    }
    expect(await describeRuns(store(), `run_id = '${run}'`)).toEqual([
      'inner ok 10+200 begin#0 ok 1+2 | end#0 ok 191+2',
    ])
  }
})

test('a run id that more than 1,000 traces declare joins no further trace, and is said', async () => {
  const memory = createMemory()
  const insertTraces = async (first: number, count: number) => {
    const traces = Array.from({ length: count }, (_, nth) =>
      spanRows(
        `crowd${first + nth}`,
        span('flow', 'crowd', first + nth, 5, { declared_run_id: 'everywhere' }),
      ),
    )
    await insert(store(), 'spans', traces.flat())
    return settleQuiet(store(), { quietMs: 0, now: later(), memory })
  }
  expect(await insertTraces(0, 999)).toEqual({ traces: 999, runs: 1, more: false })
  expect(await insertTraces(999, 1)).toEqual({ traces: 1, runs: 1, more: false })
  expect(await insertTraces(1_000, 1)).toEqual({
    traces: 1,
    runs: 1,
    more: false,
    crowdedRuns: [{ project: 'default', runId: 'everywhere' }],
  })
  const sizes = `SELECT length(trace_ids) AS traces FROM runs FINAL WHERE run_id = 'everywhere' ORDER BY start`
  expect(await rows(store(), sizes)).toEqual([{ traces: 1_000 }, { traces: 1 }])
})
