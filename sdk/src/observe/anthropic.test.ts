import Anthropic, { APIError } from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { expect, it } from 'vitest'
import { flow, observe } from '../index.ts'
import { record } from '../testing.ts'
import { type ApiServer, all, namedEvents, serveApi } from './testing.ts'

const ASKED = {
  model: 'claude-sonnet-5-5',
  max_tokens: 64,
  system: 'Be brief.',
  messages: [{ role: 'user' as const, content: 'How deep is the Po?' }],
}

const TOOL_USE = { type: 'tool_use', id: 'toolu_1', name: 'depth', input: { river: 'Po' } }
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-5-20261001',
  content: [
    { type: 'thinking', thinking: 'A river.', signature: 'c2ln' },
    { type: 'text', text: 'Let me look.' },
    TOOL_USE,
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: {
    input_tokens: 20,
    cache_creation_input_tokens: 100,
    cache_read_input_tokens: 300,
    output_tokens: 42,
    output_tokens_details: { thinking_tokens: 11 },
    service_tier: 'standard',
  },
}

const EVENTS = [
  {
    type: 'message_start',
    message: { ...MESSAGE, content: [], stop_reason: null, usage: { ...MESSAGE.usage, output_tokens: 1 } },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'ping' },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'A ' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'river.' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Let me ' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'look.' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'content_block_start', index: 2, content_block: { ...TOOL_USE, input: {} } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '' } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"river":' } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: ' "Po"}' } },
  { type: 'content_block_stop', index: 2 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { output_tokens: 42, input_tokens: null, output_tokens_details: { thinking_tokens: 11 } },
  },
  { type: 'message_stop' },
]

const SPAN = 'chat claude-sonnet-5-5'
const ATTRIBUTES = {
  'weir.kind': 'model',
  'openinference.span.kind': 'LLM',
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'anthropic',
  'gen_ai.request.model': 'claude-sonnet-5-5',
  'gen_ai.response.model': 'claude-sonnet-5-5-20261001',
  'gen_ai.response.finish_reasons': ['tool_use'],
  // Anthropic counts cached tokens beside the others.
  'gen_ai.usage.input_tokens': 420,
  'gen_ai.usage.output_tokens': 42,
  'gen_ai.usage.cache_read.input_tokens': 300,
  'gen_ai.usage.cache_write.input_tokens': 100,
  'gen_ai.usage.reasoning.output_tokens': 11,
  'input.value': '[{"role":"system","content":"Be brief."},{"role":"user","content":"How deep is the Po?"}]',
  'input.mime_type': 'application/json',
  'output.value': JSON.stringify({ role: 'assistant', content: MESSAGE.content }),
  'output.mime_type': 'application/json',
}

const clientOf = (server: ApiServer) => new Anthropic({ apiKey: 'k', baseURL: server.url })
const observedOf = (server: ApiServer) => observe(clientOf(server), { provider: 'anthropic' })

it('a message is recorded once, though the client traces by itself', async () => {
  await using recording = record()
  await using server = await serveApi({ body: MESSAGE })
  await clientOf(server).messages.create(ASKED)
  expect(recording.spans.map(({ name }) => name)).toEqual(['anthropic.messages.create'])

  const answer = flow('answer', () => flow.step('ask', () => observedOf(server).messages.create(ASKED)))
  expect(await answer.run()).toMatchObject(MESSAGE)
  expect(recording.spans.slice(1).map(({ name }) => name)).toEqual([SPAN, 'ask', 'answer'])
  const span = recording.only(SPAN)
  expect(span.attributes).toEqual({
    ...ATTRIBUTES,
    'weir.flow.name': 'answer',
    'weir.run.id': recording.only('answer').attributes['weir.run.id'],
  })
  expect(span.parentSpanContext?.spanId).toBe(recording.only('ask').spanContext().spanId)
})

it('its stream is put together', async () => {
  await using recording = record()
  await using server = await serveApi({ events: namedEvents(EVENTS) })
  const stream = await observedOf(server).messages.create({ ...ASKED, stream: true })
  expect(await all(stream)).toEqual(EVENTS.filter(({ type }) => type !== 'ping'))
  const { 'gen_ai.response.time_to_first_chunk': time, ...attributes } = recording.only(SPAN).attributes
  expect(attributes).toEqual(ATTRIBUTES)
  expect(time).toBeGreaterThan(0)
})

it('its stream is recorded as far as it was read', async () => {
  await using recording = record()
  await using server = await serveApi({ events: namedEvents(EVENTS), afterwards: 'hang' })
  const stream = await observedOf(server).messages.create({ ...ASKED, stream: true })
  for await (const event of stream)
    if (event.type === 'content_block_delta' && event.index === 2 && 'partial_json' in event.delta)
      if (event.delta.partial_json !== '') break
  const { attributes } = recording.only(SPAN)
  expect(JSON.parse(String(attributes['output.value'])).content).toEqual([
    MESSAGE.content[0],
    MESSAGE.content[1],
    { ...TOOL_USE, input: '{"river":' },
  ])
  await expect.poll(server.left).toBe(1)
})

it('the helper of streams works as it does, and is recorded once', async () => {
  await using recording = record()
  await using server = await serveApi({ events: namedEvents(EVENTS) })
  const texts: string[] = []
  const stream = observedOf(server)
    .messages.stream(ASKED)
    .on('text', (text) => texts.push(text))
  const message = await stream.finalMessage()
  expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use'])
  expect(texts).toEqual(['Let me ', 'look.'])
  expect(recording.spans.map(({ name }) => name)).toEqual([SPAN])
  expect(recording.only(SPAN).attributes).toMatchObject(ATTRIBUTES)
})

it('the helper can be aborted', async () => {
  await using recording = record()
  await using server = await serveApi({ events: namedEvents(EVENTS.slice(0, 9)), afterwards: 'hang' })
  const stream = observedOf(server).messages.stream(ASKED)
  stream.on('text', () => stream.abort())
  await expect(stream.finalMessage()).rejects.toThrow('Request was aborted')
  expect(recording.only(SPAN).attributes['output.value']).toContain('Let me')
  await expect.poll(server.left).toBe(1)
})

it('errors are the very ones, before and within a stream', async () => {
  await using recording = record()
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  await using server = await serveApi(
    { status: 529, body: error },
    { events: namedEvents([...EVENTS.slice(0, 9), error]) },
  )
  const anthropic = observe(new Anthropic({ apiKey: 'k', baseURL: server.url, maxRetries: 0 }))
  const first = await anthropic.messages.create(ASKED).catch((caught: unknown) => caught)
  const second = await all(await anthropic.messages.create({ ...ASKED, stream: true })).catch(
    (caught: unknown) => caught,
  )
  for (const [at, caught] of [first, second].entries()) {
    expect(caught).toBeInstanceOf(APIError)
    expect(recording.spans[at]?.status).toEqual({ code: 2, message: (caught as Error).message })
  }
  expect(recording.spans[1]?.attributes['output.value']).toContain('Let me')
})

it('the tool runner is a call for each message, and its own spans of tools stay', async () => {
  await using recording = record()
  const last = { ...MESSAGE, content: [{ type: 'text', text: 'Deep.' }], stop_reason: 'end_turn' }
  await using server = await serveApi({ body: MESSAGE }, { body: last })
  const rivers: unknown[] = []
  const depth = betaTool({
    name: 'depth',
    description: 'Of a river',
    inputSchema: { type: 'object', properties: { river: { type: 'string' } } },
    run: (input) => {
      rivers.push(input)
      return '5 m'
    },
  })
  const message = await observedOf(server).beta.messages.toolRunner({ ...ASKED, tools: [depth] })
  expect(message.content).toMatchObject(last.content)
  expect(rivers).toEqual([{ river: 'Po' }])
  expect(recording.only('anthropic.custom_tool_use depth').attributes['gen_ai.operation.name']).toBe(
    'execute_tool',
  )
  expect(recording.named('anthropic.messages.create')).toEqual([])
  expect(recording.named(SPAN).map(({ attributes }) => attributes['gen_ai.response.finish_reasons'])).toEqual(
    [['tool_use'], ['end_turn']],
  )
})

it('the streams of the tool runner are recorded as they are read', async () => {
  await using recording = record()
  const events = namedEvents(EVENTS.slice(0, 11))
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  await using server = await serveApi(
    { events: namedEvents(EVENTS) },
    { events: [...events, ...namedEvents([{ type: 'message_stop' }])] },
    { events: [...events, ...namedEvents([error])] },
  )
  const depth = betaTool({
    name: 'depth',
    description: '',
    inputSchema: { type: 'object' },
    run: () => '5 m',
  })
  const anthropic = observedOf(server)
  const run = async () => {
    const texts: string[] = []
    const runner = anthropic.beta.messages.toolRunner({ ...ASKED, tools: [depth], stream: true })
    for await (const stream of runner) texts.push(await stream.finalText())
    return texts
  }
  expect(await run()).toEqual(['Let me look.', 'Let me look.'])
  const [first, second] = recording.named(SPAN)
  expect(first?.attributes).toMatchObject({ ...ATTRIBUTES, 'gen_ai.provider.name': 'anthropic' })
  expect(second?.attributes['output.value']).toContain('Let me look.')

  await expect(run()).rejects.toThrow('Overloaded')
  const [, , failed] = recording.named(SPAN)
  expect(failed?.status).toEqual({ code: 2, message: 'Overloaded' })
})

it('what is no message is left to the client', async () => {
  await using recording = record()
  await using server = await serveApi({ body: { input_tokens: 14 } })
  expect(await observedOf(server).messages.countTokens(ASKED)).toEqual({ input_tokens: 14 })
  expect(recording.spans.map(({ name }) => name)).toEqual(['anthropic.messages.count_tokens'])
})
