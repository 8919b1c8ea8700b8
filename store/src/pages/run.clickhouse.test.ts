import { beforeAll, expect, test } from 'vitest'
import { settleQuiet } from '../settle/settle.ts'
import { hex, insertSpans, later, span, useStore } from '../testing.ts'
import { findRunId, getRunPage } from './run.ts'
import { getRunRecords } from './run-records.ts'
import { getSpan } from './span.ts'

const store = useStore()

beforeAll(async () => {
  const inner = span('flow', 'inner', 20, 30, { span_id: 'inner' }, span('step', 'deep', 21, 5))
  const events = {
    events: JSON.stringify([
      {
        timeUnixNano: '1767225600015000001',
        name: 'exception',
        attributes: [{ key: 'exception.type', value: { stringValue: 'Oops' } }],
      },
    ]),
    links: JSON.stringify([
      {
        traceId: '0a'.repeat(16),
        attributes: [
          { key: 'n', value: { intValue: '7' } },
          { key: 'd', value: { doubleValue: 0.5 } },
          { key: 'a', value: { arrayValue: { values: [{ boolValue: true }] } } },
          { key: 'e', value: {} },
          {},
        ],
      },
    ]),
    resource: JSON.stringify({ resource: { attributes: [{ key: 'host', value: { stringValue: 'h' } }] } }),
    scope: JSON.stringify({ scope: { name: 'lib' }, schemaUrl: 'https://schema' }),
    attributes: { answer: '42', ok: 'true' },
    attribute_types: 'ib',
    status: 'error',
    error_type: 'Oops',
  }
  const tree = span(
    'flow',
    'outer',
    0,
    100,
    span('step', 'a', 5, 5),
    span('step', 'b', 10, 60, events, inner),
    span('step', 'c', 80, 5),
  )
  await insertSpans(store(), 'tree', tree)
  await settleQuiet(store(), { quietMs: 0, now: later() })
})

test('records with calls, types and lengths; steps whose times contradict the run', async () => {
  const usage = {
    model: 'gpt',
    provider: 'openai',
    input_tokens: 9,
    output_tokens: 3,
    cost: 0.5,
    cached_input_tokens: 4,
  }
  await insertSpans(
    store(),
    'calls',
    span(
      'flow',
      'calling',
      0,
      100,
      { input: '42', input_type: 'text', output: '[1', output_type: 'json', output_length: 900 },
      span('step', 'early', -5, 50, span('tool', 'send_email', 5, 10, { status: 'error' })),
      span('model', 'chat', 60, 20, usage),
    ),
  )
  await settleQuiet(store(), { quietMs: 0, now: later() })
  const [record] = await getRunRecords(store(), { runIds: [hex('calls')] })
  expect(record).toMatchObject({
    ...{ inputType: 'text', inputLength: 0, outputType: 'json', outputLength: 900 },
    steps: [{ name: 'early', uncertainNs: 5e6 }],
    calls: [
      { name: 'send_email', kind: 'tool', status: 'error', startNs: 5e6, durationNs: 10e6, step: 0 },
      { name: 'gpt', kind: 'model', status: 'ok', startNs: 60e6, durationNs: 20e6, step: -1 },
    ],
  })
  const page = await getRunPage(store(), { runId: hex('calls') })
  const { inputType, outputLength, models, steps, spans } = page!
  expect({ inputType, outputLength }).toEqual({ inputType: 'text', outputLength: 900 })
  expect(models).toEqual([
    {
      ...{ model: 'gpt', provider: 'openai', calls: 1, errors: 0, durationNs: 20e6 },
      ...{
        inputTokens: 9,
        outputTokens: 3,
        cachedInputTokens: 4,
        reasoningTokens: 0,
        cost: 0.5,
        unpricedTokens: 0,
      },
    },
  ])
  const [early] = spans.filter(({ name }) => name === 'early')
  expect(steps).toMatchObject([{ name: 'early', traceId: hex('calls'), spanId: early!.spanId }])
  expect(await getSpan(store(), { traceId: hex('calls'), spanId: page!.rootSpanId })).toMatchObject({
    ...{ input: '42', inputType: 'text', inputLength: 0, outputLength: 900 },
  })
})

test('a run is found by its id in any case, and by that of its trace', async () => {
  expect(await findRunId(store(), { runId: hex('tree').toUpperCase() })).toBe(hex('tree'))
  expect(await findRunId(store(), { runId: 'none' })).toBeUndefined()
  await insertSpans(store(), 'named', span('flow', 'f2', 0, 10, { declared_run_id: 'Order-7' }))
  await settleQuiet(store(), { quietMs: 0, now: later() })
  expect(await findRunId(store(), { runId: hex('named') })).toBe('Order-7')
  expect(await findRunId(store(), { runId: hex('named').toUpperCase() })).toBe('Order-7')
})

test('a run with its tree, nested runs below', async () => {
  const page = await getRunPage(store(), { runId: hex('tree') })
  expect(page?.run).toMatchObject({ flow: 'outer', status: 'ok', spanCount: 4, stepCount: 3 })
  expect(page?.steps.map((step) => step.name)).toEqual(['a', 'b', 'c'])
  expect(page?.spans.map((node) => `${'-'.repeat(node.depth)}${node.name}`)).toEqual([
    'outer',
    '-a',
    '-b',
    '--inner',
    '---deep',
    '-c',
  ])
  expect(page).toMatchObject({ own: { spans: 4, errors: 1 }, tree: { spans: 6, errors: 1 } })
  expect(page?.children.map((run) => run.flow)).toEqual(['inner'])
  expect(page?.spans.every((node) => node.ended)).toBe(true)

  const nested = await getRunPage(store(), { runId: `${hex('tree')}-${hex('inner', 8)}` })
  expect(nested?.spans.map((node) => `${'-'.repeat(node.depth)}${node.name}`)).toEqual(['inner', '-deep'])
  expect(nested?.run.parentRunId).toBe(hex('tree'))

  const cut = await getRunPage(store(), { runId: hex('tree'), spanLimit: 3 })
  expect(cut).toMatchObject({ spans: [{ name: 'outer' }, { name: 'a' }, { name: 'b' }] })
  expect(cut).toMatchObject({ own: page!.own, tree: page!.tree })
  expect(await getRunPage(store(), { runId: 'unknown' })).toBeNull()
})

test('a run of two traces shows the spans of both', async () => {
  const declared = { declared_run_id: 'job-1' }
  await insertSpans(store(), 'first', span('flow', 'job', 0, 10, declared))
  await insertSpans(store(), 'second', span('flow', 'job', 50, 10, declared, span('step', 'resumed', 52, 5)))
  await settleQuiet(store(), { quietMs: 0, now: later() })
  const page = await getRunPage(store(), { runId: 'job-1' })
  expect(page?.traceIds).toHaveLength(2)
  expect(page?.spans.map(({ name, startNs }) => [name, startNs])).toEqual([
    ['job', 0],
    ['job', 50e6],
    ['resumed', 52e6],
  ])
  const traces = page!.spans.map(({ traceId, spanId }) => [traceId, spanId])
  expect(page?.steps.map(({ name, traceId, spanId }) => [name, traceId, spanId])).toEqual([
    ['resumed', ...traces[2]!],
  ])
  const wanted = { traceId: hex('second'), spanId: traces[2]![1]! }
  const cut = await getRunPage(store(), { runId: 'job-1', spanLimit: 1, span: wanted })
  expect(cut?.spans.map(({ name }) => name)).toEqual(['job', 'job', 'resumed'])
})

test('a run that has the id of its trace and goes on in another one shows the spans of both', async () => {
  await insertSpans(store(), 'begun', span('flow', 'task', 0, 10))
  await insertSpans(store(), 'ended', span('flow', 'task', 50, 10, { declared_run_id: hex('begun') }))
  await settleQuiet(store(), { quietMs: 0, now: later() })
  const page = await getRunPage(store(), { runId: hex('begun') })
  expect(page?.traceIds).toEqual([hex('begun'), hex('ended')])
  expect(page?.spans.map(({ traceId, startNs }) => [traceId, startNs])).toEqual([
    [hex('begun'), 0],
    [hex('ended'), 50e6],
  ])
})

test('a span with everything that was recorded', async () => {
  const page = await getRunPage(store(), { runId: hex('tree') })
  const spanId = page?.spans.find((node) => node.name === 'b')?.spanId ?? ''
  expect(await getSpan(store(), { traceId: hex('tree'), spanId })).toMatchObject({
    name: 'b',
    status: 'error',
    errorType: 'Oops',
    ended: true,
    durationNs: 60e6,
    attributes: [
      { key: 'answer', value: '42', type: 'i' },
      { key: 'ok', value: 'true', type: 'b' },
    ],
    events: [
      {
        name: 'exception',
        offsetNs: 5_000_001,
        attributes: [{ key: 'exception.type', value: 'Oops', type: 's' }],
      },
    ],
    links: [
      {
        traceId: '0a'.repeat(16),
        spanId: '',
        attributes: [
          { key: 'n', value: '7', type: 'i' },
          { key: 'd', value: '0.5', type: 'd' },
          { key: 'a', value: '{"arrayValue":{"values":[{"boolValue":true}]}}', type: 'a' },
          { key: 'e', value: '', type: 'e' },
          { key: '', value: '', type: 'e' },
        ],
      },
    ],
    resourceAttributes: [{ key: 'host', value: 'h', type: 's' }],
    scopeName: 'lib',
    scopeVersion: '',
  })
  expect(await getSpan(store(), { traceId: hex('tree'), spanId: '0000000000000000' })).toBeNull()
})
