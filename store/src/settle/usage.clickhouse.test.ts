import { expect, test } from 'vitest'
import { rows } from '../store.ts'
import { hex, insertSpans, knowFlows, later, span, type TestSpan, useStore } from '../testing.ts'
import { settleQuiet } from './settle.ts'
import { SettledRuns } from './settled-runs.ts'

const store = useStore()
const known = new SettledRuns()
const usage = (input_tokens: number, cost = 0) => ({ input_tokens, output_tokens: input_tokens * 2, cost })

async function insertAndSettle(trace: string, ...roots: TestSpan[]): Promise<void> {
  await insertSpans(store(), trace, ...roots)
  await knowFlows(store())
  await settleQuiet(store(), { quietMs: 0, now: later(), known })
}

const totals = (trace: string) =>
  rows(
    store(),
    `SELECT input_tokens AS tokens, cost FROM runs FINAL WHERE trace_id = unhex('${hex(trace)}') ORDER BY start`,
  )

const spanTokens = async (trace: string) =>
  (
    await rows<{ line: string }>(
      store(),
      `SELECT concat(name, ' ', toString(input_tokens)) AS line FROM spans FINAL
      WHERE trace_id = unhex('${hex(trace)}') ORDER BY name`,
    )
  ).map((row) => row.line)

test('usage counts only where no descendant carries usage, at any distance', async () => {
  await insertAndSettle(
    'wrapped',
    span(
      'flow',
      'f',
      0,
      100,
      usage(30),
      span(
        'agent',
        'agent',
        0,
        50,
        usage(30),
        span(
          'span',
          'between',
          0,
          40,
          span('model', 'm1', 0, 10, usage(10, 0.25)),
          span('model', 'm2', 10, 10, usage(20, 0.5)),
        ),
      ),
      span('model', 'm3', 60, 10, usage(5)),
    ),
  )
  expect(await totals('wrapped')).toEqual([{ tokens: 35, cost: 0.75 }])
  expect(await spanTokens('wrapped')).toEqual(['agent 0', 'between 0', 'f 0', 'm1 10', 'm2 20', 'm3 5'])
})

test('a model call that comes late takes the usage over from its wrapper', async () => {
  await insertAndSettle(
    'late',
    span('flow', 'f', 0, 100, span('agent', 'agent', 0, 50, usage(7), { span_id: 'agent' })),
  )
  expect(await totals('late')).toEqual([{ tokens: 7, cost: 0 }])
  await insertAndSettle(
    'late',
    span('model', 'm', 0, 10, usage(7), { span_id: 'model', parent_span_id: 'agent___' }),
  )
  expect(await totals('late')).toEqual([{ tokens: 7, cost: 0 }])
  expect(await spanTokens('late')).toEqual(['agent 0', 'f 0', 'm 7'])
})

test('cost alone is usage; a nested run counts its own', async () => {
  const inner = span('flow', 'inner', 5, 20, span('model', 'm', 6, 5, { cost: 0.5 }))
  await insertAndSettle('cost', span('flow', 'outer', 0, 100, { cost: 0.5 }, inner))
  expect(await totals('cost')).toEqual([
    { tokens: 0, cost: 0 },
    { tokens: 0, cost: 0.5 },
  ])
})

test('a span sent again is counted once; of start and end record the end wins', async () => {
  const flow = (ms: number | null) =>
    span('flow', 'again', 0, ms, span('model', 'm', 0, ms && 10, ms ? usage(3) : {}))
  await insertAndSettle('again', flow(null))
  await insertAndSettle('again', flow(50))
  await insertAndSettle('again', flow(50))
  await insertAndSettle('again', flow(null))
  expect(
    await rows(store(), `SELECT status, span_count, input_tokens FROM runs FINAL WHERE flow = 'again'`),
  ).toEqual([{ status: 'ok', span_count: 2, input_tokens: 3 }])
  expect(
    await rows(store(), `SELECT runs, input_tokens FROM run_minutes FINAL WHERE flow = 'again'`),
  ).toEqual([{ runs: 1, input_tokens: 3 }])
})

test('what a run has of its spans: the root first, else the earliest', async () => {
  const root = span(
    'flow',
    'rich',
    0,
    100,
    {
      version: '2',
      experiment_id: 'e1',
      case_id: 'c1',
      trial: 3,
      input: '{"q":1}',
      output: '"a"',
      status: 'error',
      attributes: { 'weir.run.metadata': '{"team":"blue"}' },
    },
    span('step', 's', 1, 5, { version: '9', user_id: 'late', start: '2026-01-01 00:00:00.002' }),
    span('model', 'm', 1, 5, {
      model: 'gpt',
      session_id: 's1',
      user_id: 'ann',
      status: 'error',
      error_type: 'Quota',
      error_message: 'no more',
    }),
  )
  await insertAndSettle('rich', root)
  const query = `SELECT version, session_id, user_id, experiment_id, case_id, trial, source, input, output, metadata,
    error_type, error_message, models, error_count, status FROM runs FINAL WHERE flow = 'rich'`
  expect(await rows(store(), query)).toEqual([
    {
      version: '2',
      session_id: 's1',
      user_id: 'ann',
      experiment_id: 'e1',
      case_id: 'c1',
      trial: 3,
      source: 'experiment',
      input: '{"q":1}',
      output: '"a"',
      metadata: '{"team":"blue"}',
      error_type: 'Quota',
      error_message: 'no more',
      models: ['gpt'],
      error_count: 2,
      status: 'error',
    },
  ])
})
