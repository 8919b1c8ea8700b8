import { expect, test } from 'vitest'
import { rows } from '../store.ts'
import { hex, insertSpans, later, span, useStore } from '../testing.ts'
import { settleQuiet } from './settle.ts'
import { assembledRuns, storedRuns } from './testing.ts'

const store = useStore()

async function settle(): Promise<void> {
  await settleQuiet(store(), { quietMs: 0, now: later() })
}

test('what a row has of its run', async () => {
  const inner = span('flow', 'inner', 50, 5, { span_id: 'inner' })
  const trial = { experiment_id: 'e1', case_id: 'c1', trial: 3 }
  await insertSpans(
    store(),
    'rich',
    span(
      'flow',
      'rich',
      0,
      100,
      {
        ...trial,
        version: '2',
        environment: 'prod',
        service: 'api',
        session_id: 's1',
        user_id: 'ann',
        status: 'error',
        error_type: 'Quota',
        error_message: 'no more',
        metadata: '{"team":"blue"}',
        input: '{"q":1}',
        input_type: 'json',
        output: '42',
        output_type: 'text',
        output_length: 9000,
      },
      span(
        'step',
        'plan',
        -2,
        30,
        { step_attempts: 2, step_fallback: 1 },
        span('model', 'chat', 1, 5, {
          model: 'gpt',
          provider: 'openai',
          input_tokens: 10,
          output_tokens: 4,
          cached_input_tokens: 6,
          reasoning_tokens: 2,
          cost: 0.25,
        }),
        span('model', 'chat', 8, 5, { model: 'gpt', provider: 'openai', status: 'error' }),
      ),
      span('step', 'act', 40, 20, span('tool', 'send', 41, -3), inner),
    ),
  )
  await settle()
  const [outer, nested] = (await storedRuns(store(), 'default')).toSorted((a, b) =>
    String(a.run_id) < String(b.run_id) ? -1 : 1,
  )
  const runId = hex('rich')
  const id = (nth: number) => hex(`s${nth}`, 8)
  const ms = 1_000_000
  expect(outer).toEqual({
    project: 'default',
    run_id: runId,
    trace_id: runId,
    trace_ids: [runId],
    shares_traces: 1,
    root_span_id: id(0),
    parent_run_id: '',
    flow: 'rich',
    version: '2',
    environment: 'prod',
    service: 'api',
    source: 'experiment',
    status: 'error',
    incomplete: 0,
    lost_steps: 0,
    start: '1767225600000000000',
    duration_ns: 100 * ms,
    session_id: 's1',
    user_id: 'ann',
    ...trial,
    input: '{"q":1}',
    input_type: 'json',
    input_length: 0,
    output: '42',
    output_type: 'text',
    output_length: 9000,
    metadata: '{"team":"blue"}',
    error_type: 'Quota',
    error_message: 'no more',
    input_tokens: 10,
    output_tokens: 4,
    cached_input_tokens: 6,
    reasoning_tokens: 2,
    cost: 0.25,
    unpriced_tokens: 0,
    span_count: 6,
    error_count: 2,
    models: ['gpt'],
    model_providers: ['openai'],
    model_calls: [2],
    model_errors: [1],
    model_input_tokens: [10],
    model_output_tokens: [4],
    model_cached_input_tokens: [6],
    model_reasoning_tokens: [2],
    model_costs: [0.25],
    model_unpriced_tokens: [0],
    model_durations_ns: [10 * ms],
    step_names: ['plan', 'act'],
    step_occurrences: [0, 0],
    step_kinds: ['step', 'step'],
    step_statuses: ['ok', 'ok'],
    step_starts_ns: [-2 * ms, 40 * ms],
    step_durations_ns: [30 * ms, 20 * ms],
    step_uncertain_ns: [2 * ms, 0],
    step_attempts: [2, 1],
    step_fallbacks: [1, 0],
    step_parents: [-1, -1],
    step_input_tokens: [10, 0],
    step_output_tokens: [4, 0],
    step_costs: [0.25, 0],
    step_unpriced_tokens: [0, 0],
    step_traces: [0, 0],
    step_span_ids: [id(1), id(4)],
    call_names: ['gpt', 'gpt', 'send'],
    call_kinds: ['model', 'model', 'tool'],
    call_statuses: ['ok', 'error', 'ok'],
    call_starts_ns: [ms, 8 * ms, 41 * ms],
    call_durations_ns: [5 * ms, 5 * ms, 0],
    call_uncertain_ns: [0, 0, 3 * ms],
    call_steps: [0, 0, 1],
  })
  expect(nested).toMatchObject({
    run_id: `${runId}-${hex('inner', 8)}`,
    parent_run_id: runId,
    trace_id: runId,
    root_span_id: hex('inner', 8),
    flow: 'inner',
    source: 'experiment',
    ...trial,
    input: '',
    input_type: '',
    step_names: [],
    call_names: [],
    models: [],
  })
  expect([outer, nested]).toEqual(await assembledRuns(store(), 'default', later().getTime()))
})

test('input and output are those of the record that counts', async () => {
  const record = (ms: number | null, output: string) =>
    insertSpans(store(), 'records', span('flow', 'records', 0, ms, { input: `before ${output}`, output }))
  const stored = () => rows(store(), `SELECT input, output, status FROM runs FINAL WHERE flow = 'records'`)
  await record(null, 'none')
  await settle()
  expect(await stored()).toEqual([{ input: 'before none', output: 'none', status: 'running' }])
  await record(50, 'late')
  await record(20, 'early')
  await settle()
  expect(await stored()).toEqual([{ input: 'before late', output: 'late', status: 'ok' }])
  await record(50, 'again')
  await settle()
  expect(await stored()).toEqual([{ input: 'before again', output: 'again', status: 'ok' }])
})

test('a run without a root has no input and no root span', async () => {
  await insertSpans(
    store(),
    'rootless',
    span('step', 's', 0, 5, { parent_span_id: 'missing1', declared_flow: 'rootless', input: '1' }),
  )
  await settle()
  expect(
    await rows(
      store(),
      `SELECT hex(root_span_id) AS root, input, output, status, incomplete FROM runs FINAL WHERE flow = 'rootless'`,
    ),
  ).toEqual([{ root: '0'.repeat(16), input: '', output: '', status: 'running', incomplete: 1 }])
})
