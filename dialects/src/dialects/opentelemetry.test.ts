import { expect, test } from 'vitest'
import {
  type Attributes,
  attributesOf,
  normaliseCapture,
  normaliseSpan,
  type SpanRow,
} from '../testing/normalised.ts'

function normalise(attributes: Attributes, resource: Attributes = {}): SpanRow {
  return normaliseSpan({ attributes: attributesOf(attributes) }, resource)
}

test('the recorded JavaScript SDK', () => {
  const rows = normaliseCapture('otel-js-3-proto-basic')
  expect(
    rows.map(({ kind, name, model, provider, status }) => [kind, name, model, provider, status].join(' ')),
  ).toMatchInlineSnapshot(`
    [
      "model chat fake-model fake-model fake ok",
      "span root-op   ok",
      "span linked-root   ok",
      "span remote-child   ok",
      "span failing-tool   error",
    ]
  `)
  const failed = rows.find((row) => row.status === 'error')!
  expect([failed.error_type, failed.error_message]).toMatchInlineSnapshot(`
    [
      "TypeError",
      "tool broke: ünïcödé 💥",
    ]
  `)
})

test.for([
  ['chat', 'model'],
  ['embeddings', 'embedder'],
  ['execute_tool', 'tool'],
  ['invoke_agent', 'agent'],
  ['invoke_workflow', 'flow'],
  ['run_step', 'step'],
  ['something_new', 'span'],
])('gen_ai.operation.name %s is a %s', ([operation, kind]) => {
  expect(normalise({ 'gen_ai.operation.name': operation! }).kind).toBe(kind)
})

test('without an operation, a tool name or a model tells the kind', () => {
  expect(normalise({ 'gen_ai.tool.name': 'search' })).toMatchObject({ kind: 'tool', name: 'search' })
  expect(normalise({ 'gen_ai.request.model': 'm' })).toMatchObject({
    kind: 'model',
    name: 'span',
    model: 'm',
  })
  expect(normalise({ 'gen_ai.request.model': 'm', 'gen_ai.tool.name': 't' }).kind).toBe('tool')
})

test('names go by kind, the workflow names the flow', () => {
  const names = { 'gen_ai.workflow.name': 'w', 'gen_ai.agent.name': 'a', 'gen_ai.tool.name': 't' }
  expect(normalise({ ...names, 'gen_ai.operation.name': 'invoke_workflow' })).toMatchObject({
    name: 'w',
    declared_flow: 'w',
  })
  expect(normalise({ ...names, 'gen_ai.operation.name': 'invoke_agent' })).toMatchObject({
    name: 'a',
    declared_flow: '',
  })
  expect(normalise({ ...names, 'gen_ai.operation.name': 'execute_tool' })).toMatchObject({
    name: 't',
    declared_flow: '',
  })
  expect(normalise({ ...names, 'gen_ai.operation.name': 'chat' })).toMatchObject({
    name: 'span',
    declared_flow: '',
  })
})

test('tokens, cached and reasoning apart, cost as sent, seconds to nanoseconds', () => {
  const row = normalise({
    'gen_ai.response.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 100,
    'gen_ai.usage.output_tokens': 20,
    'gen_ai.usage.cache_read.input_tokens': 60,
    'gen_ai.usage.reasoning.output_tokens': 5,
    'gen_ai.usage.cost': 0.25,
    'gen_ai.response.time_to_first_chunk': 0.5,
  })
  expect(row).toMatchObject({
    input_tokens: 100n,
    output_tokens: 20n,
    cached_input_tokens: 60n,
    reasoning_tokens: 5n,
    cost: 0.25,
    time_to_first_token_ns: 500_000_000n,
  })
})

test('without a cost on the wire the price table says it', () => {
  const usage = { 'gen_ai.usage.input_tokens': 1_000_000, 'gen_ai.usage.output_tokens': 100_000 }
  expect(normalise({ 'gen_ai.response.model': 'gpt-4o-2024-08-06', ...usage }).cost).toBeCloseTo(3.5)
  const unknown = normalise({ 'gen_ai.response.model': 'nobody-knows', ...usage })
  expect(unknown).toMatchObject({ cost: 0, cost_estimated: 2 })
  expect(normalise({ 'gen_ai.response.model': 'nobody-knows' })).toMatchObject({ cost: 0, cost_estimated: 0 })
  expect(normalise({ 'gen_ai.response.model': 'gpt-4o-2024-08-06', ...usage }).cost_estimated).toBe(1)
  const said = normalise({ 'gen_ai.response.model': 'gpt-4o', 'gen_ai.usage.cost': 0, ...usage })
  expect(said).toMatchObject({ cost: 0, cost_estimated: 0 })
})

test('what was read from a cache costs less, and what was written to one costs more', () => {
  // 4,000 × 3 + 20,000 × 3.75 + 106,000 × 0.3 + 200 × 15 = 121,800
  const call = normalise({
    'gen_ai.provider.name': 'anthropic',
    'gen_ai.response.model': 'claude-sonnet-4-5-20250929',
    'gen_ai.usage.input_tokens': 130_000,
    'gen_ai.usage.cache_read.input_tokens': 106_000,
    'gen_ai.usage.cache_creation.input_tokens': 20_000,
    'gen_ai.usage.output_tokens': 200,
  })
  expect(call.cost).toBeCloseTo(0.1218, 12)
  expect(call).toMatchObject({ cost_estimated: 1, input_tokens: 130_000n, cached_input_tokens: 106_000n })
})

test('service, version and environment come from the resource', () => {
  const resource = { 'service.name': 's', 'service.version': '1.2', 'deployment.environment': 'prod' }
  expect(normalise({}, resource)).toMatchObject({ service: 's', version: '1.2', environment: 'prod' })
  const newer = { ...resource, 'deployment.environment.name': 'stage' }
  expect(normalise({ 'weir.flow.version': '7' }, newer)).toMatchObject({ version: '7', environment: 'stage' })
})

test('a session of the resource gives way to the span’s own', () => {
  expect(normalise({}, { 'session.id': 'r' }).session_id).toBe('r')
  expect(normalise({ 'session.id': 's' }, { 'session.id': 'r' }).session_id).toBe('s')
  expect(normalise({ 'session.id': '' }, { 'session.id': 'r' }).session_id).toBe('r')
})

test('structured messages are written as plain JSON and stay an attribute', () => {
  const parts = { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } }
  const value = { kvlistValue: { values: [{ key: 'parts', value: parts }] } }
  const row = normaliseSpan({ attributes: [{ key: 'gen_ai.input.messages', value }] })
  expect(row).toMatchObject({ input: '{"parts":["a",1]}', input_key: '', attribute_types: 'k' })
  expect(row.attributes).toEqual([['gen_ai.input.messages', JSON.stringify(value)]])
})

test('messages as events become input and output where no attribute says them', () => {
  const message = (name: string, values: Attributes) => ({ name, attributes: attributesOf(values) })
  const events = [
    message('gen_ai.system.message', { content: 'be brief' }),
    message('gen_ai.user.message', { content: 'hi', role: 'customer' }),
    message('other', { content: 'no message' }),
    message('gen_ai.choice', { index: 0, finish_reason: 'stop' }),
  ]
  const row = normaliseSpan({ events, attributes: attributesOf({ 'gen_ai.operation.name': 'chat' }) })
  expect(JSON.parse(String(row.input))).toEqual([
    { role: 'system', content: 'be brief' },
    { role: 'customer', content: 'hi' },
  ])
  expect(JSON.parse(String(row.output))).toEqual([{ role: 'assistant', index: 0, finish_reason: 'stop' }])
  const said = normaliseSpan({ events, attributes: attributesOf({ 'gen_ai.input.messages': '[]' }) })
  expect(said).toMatchObject({ input: '[]', input_key: 'gen_ai.input.messages', output: row.output })
})
