import OpenAI from 'openai'
import { expect, it } from 'vitest'
import { observe } from '../index.ts'
import { record } from '../testing.ts'
import { type ApiServer, all, namedEvents, serveApi } from './testing.ts'

const clientOf = (server: ApiServer) => new OpenAI({ apiKey: 'k', baseURL: `${server.url}/v1` })

const message = (text: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
})
const toolCall = {
  id: 'fc_1',
  type: 'function_call',
  call_id: 'call_1',
  name: 'depth',
  arguments: '{"river":"Po"}',
  status: 'completed',
}
const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  created_at: 1_764_000_000,
  status: 'completed',
  error: null,
  incomplete_details: null,
  model: 'gpt-5-2025-08-07',
  output: [message('Rivers are wet.'), toolCall],
  parallel_tool_calls: true,
  usage: {
    input_tokens: 36,
    input_tokens_details: { cached_tokens: 6 },
    output_tokens: 87,
    output_tokens_details: { reasoning_tokens: 64 },
    total_tokens: 123,
  },
}
const EVENTS = [
  {
    type: 'response.created',
    sequence_number: 0,
    response: { ...RESPONSE, status: 'in_progress', output: [], usage: null },
  },
  {
    type: 'response.output_item.added',
    sequence_number: 1,
    output_index: 0,
    item: { ...message(''), status: 'in_progress', content: [] },
  },
  {
    type: 'response.content_part.added',
    sequence_number: 2,
    output_index: 0,
    content_index: 0,
    item_id: 'msg_1',
    part: { type: 'output_text', text: '', annotations: [] },
  },
  {
    type: 'response.output_text.delta',
    sequence_number: 3,
    output_index: 0,
    content_index: 0,
    item_id: 'msg_1',
    delta: 'Rivers ',
  },
  {
    type: 'response.output_text.delta',
    sequence_number: 4,
    output_index: 0,
    content_index: 0,
    item_id: 'msg_1',
    delta: 'are wet.',
  },
  {
    type: 'response.output_item.done',
    sequence_number: 5,
    output_index: 0,
    item: message('Rivers are wet.'),
  },
  {
    type: 'response.output_item.added',
    sequence_number: 6,
    output_index: 1,
    item: { ...toolCall, arguments: '', status: 'in_progress' },
  },
  {
    type: 'response.function_call_arguments.delta',
    sequence_number: 7,
    output_index: 1,
    item_id: 'fc_1',
    delta: '{"river":',
  },
  {
    type: 'response.function_call_arguments.delta',
    sequence_number: 8,
    output_index: 1,
    item_id: 'fc_1',
    delta: '"Po"}',
  },
  { type: 'response.output_item.done', sequence_number: 9, output_index: 1, item: toolCall },
  { type: 'response.completed', sequence_number: 10, response: RESPONSE },
]
const ATTRIBUTES = {
  'gen_ai.response.model': 'gpt-5-2025-08-07',
  'gen_ai.response.finish_reasons': ['completed'],
  'gen_ai.usage.input_tokens': 36,
  'gen_ai.usage.output_tokens': 87,
  'gen_ai.usage.cache_read.input_tokens': 6,
  'gen_ai.usage.reasoning.output_tokens': 64,
  'input.value': '[{"role":"system","content":"Be brief."},{"role":"user","content":"What is a river?"}]',
  'output.value': JSON.stringify(RESPONSE.output),
}
const asked = { model: 'gpt-5', instructions: 'Be brief.', input: 'What is a river?' }

it('responses are recorded: whole, streamed and by their helper', async () => {
  await using recording = record()
  await using server = await serveApi({ body: RESPONSE }, { events: namedEvents(EVENTS) })
  const openai = observe(clientOf(server))
  expect((await openai.responses.create(asked)).output_text).toBe('Rivers are wet.')
  expect(await all(await openai.responses.create({ ...asked, stream: true }))).toEqual(EVENTS)
  expect((await openai.responses.stream(asked).finalResponse()).output_text).toBe('Rivers are wet.')
  expect(recording.spans).toHaveLength(3)
  for (const span of recording.spans) expect(span.attributes).toMatchObject(ATTRIBUTES)
})

it('a response shows how far its stream came that its consumer left', async () => {
  await using recording = record()
  for (const length of [5, 9]) {
    await using server = await serveApi({ events: namedEvents(EVENTS), afterwards: 'hang' })
    let events = 0
    for await (const _ of await observe(clientOf(server)).responses.create({ ...asked, stream: true }))
      if (++events === length) break
  }
  const outputs = recording.spans.map((span) => JSON.parse(String(span.attributes['output.value'])))
  expect(outputs[0]).toMatchObject([
    { role: 'assistant', content: [{ type: 'output_text', text: 'Rivers are wet.' }] },
  ])
  expect(outputs[1]).toMatchObject([
    message('Rivers are wet.'),
    { name: 'depth', arguments: '{"river":"Po"}' },
  ])
})

it('a response that says that it failed is an error', async () => {
  await using recording = record()
  const failed = {
    ...RESPONSE,
    status: 'failed',
    output: [],
    error: { code: 'server_error', message: 'The model broke.' },
  }
  await using server = await serveApi(
    { body: failed },
    { events: namedEvents([{ type: 'response.failed', response: failed } as never]) },
  )
  const openai = observe(clientOf(server))
  expect((await openai.responses.create(asked)).status).toBe('failed')
  await all(await openai.responses.create({ ...asked, stream: true }))
  for (const span of recording.spans) {
    expect(span.status).toEqual({ code: 2, message: 'The model broke.' })
    expect(span.attributes).toMatchObject({ 'error.type': 'server_error', 'gen_ai.usage.input_tokens': 36 })
  }
})
