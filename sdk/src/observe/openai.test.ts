import OpenAI, { RateLimitError } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { flow, observe } from '../index.ts'
import { record } from '../testing.ts'
import { type ApiServer, all, dataEvents, serveApi } from './testing.ts'

const MESSAGES = [{ role: 'user' as const, content: 'What is a river?' }]
const ASKED = { model: 'gpt-5', messages: MESSAGES }

const COMPLETION = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_764_000_000,
  model: 'gpt-5-2025-08-07',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Rivers are wet.', refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 19,
    completion_tokens: 10,
    total_tokens: 29,
    prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 3,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  },
  service_tier: 'default',
}

const CALLS = [
  { id: 'call_1', type: 'function', function: { name: 'depth', arguments: '{"river":"Po"}' } },
  { id: 'call_2', type: 'function', function: { name: 'length', arguments: '{"river":"Po"}' } },
]

const clientOf = (server: ApiServer) => new OpenAI({ apiKey: 'k', baseURL: `${server.url}/v1` })

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_764_000_000,
  model: 'gpt-5-2025-08-07',
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  usage: null,
})

describe('chat.completions', () => {
  it('records a call below the current step', async () => {
    await using recording = record()
    await using server = await serveApi({ body: COMPLETION })
    const openai = observe(clientOf(server), { provider: 'openai' })
    const answer = flow('answer', () => flow.step('ask', () => openai.chat.completions.create(ASKED)))
    expect((await answer.run()).choices[0]?.message.content).toBe('Rivers are wet.')
    const span = recording.only('chat gpt-5')
    expect(span.parentSpanContext?.spanId).toBe(recording.only('ask').spanContext().spanId)
    expect(span.attributes).toEqual({
      'weir.kind': 'model',
      'weir.flow.name': 'answer',
      'weir.run.id': recording.only('answer').attributes['weir.run.id'],
      'openinference.span.kind': 'LLM',
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.response.model': 'gpt-5-2025-08-07',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 19,
      'gen_ai.usage.output_tokens': 10,
      'gen_ai.usage.cache_read.input_tokens': 4,
      'gen_ai.usage.reasoning.output_tokens': 3,
      'input.value': '[{"role":"user","content":"What is a river?"}]',
      'input.mime_type': 'application/json',
      'output.value': '{"role":"assistant","content":"Rivers are wet.","refusal":null,"annotations":[]}',
      'output.mime_type': 'application/json',
    })
    expect(server.requests[0]?.body).toEqual(ASKED)
  })

  it('records tool calls, and all choices', async () => {
    await using recording = record()
    const choice = {
      message: { role: 'assistant', content: null, tool_calls: CALLS },
      finish_reason: 'tool_calls',
    }
    await using server = await serveApi({
      body: { ...COMPLETION, choices: [choice, { ...choice, finish_reason: 'length' }] },
    })
    await observe(clientOf(server)).chat.completions.create({ ...ASKED, n: 2 })
    const { attributes } = recording.only('chat gpt-5')
    expect(JSON.parse(String(attributes['output.value']))).toEqual([choice.message, choice.message])
    expect(attributes['gen_ai.response.finish_reasons']).toEqual(['tool_calls', 'length'])
  })

  it('puts the pieces of a stream together', async () => {
    await using recording = record()
    const piece = (index: number, id: string | undefined, name: string | undefined, args: string) =>
      chunk({
        tool_calls: [{ index, ...(id && { id, type: 'function' }), function: { name, arguments: args } }],
      })
    const chunks = [
      chunk({ role: 'assistant', content: '', refusal: null }),
      chunk({ content: 'Let me ' }),
      chunk({ content: 'look.' }),
      piece(0, 'call_1', 'depth', ''),
      piece(0, undefined, undefined, '{"river":'),
      piece(0, undefined, undefined, '"Po"}'),
      piece(1, 'call_2', 'length', '{"river":"Po"}'),
      chunk({}, 'tool_calls'),
      { ...chunk({}), choices: [], usage: COMPLETION.usage },
    ]
    await using server = await serveApi({ events: dataEvents(chunks) })
    const stream = await observe(clientOf(server)).chat.completions.create({
      ...ASKED,
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(recording.named('chat gpt-5')).toEqual([])
    expect(await all(stream)).toEqual(chunks)
    const { attributes } = recording.only('chat gpt-5')
    expect(JSON.parse(String(attributes['output.value']))).toEqual({
      role: 'assistant',
      content: 'Let me look.',
      tool_calls: CALLS,
    })
    expect(attributes).toMatchObject({
      'gen_ai.response.model': 'gpt-5-2025-08-07',
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.usage.input_tokens': 19,
      'gen_ai.usage.reasoning.output_tokens': 3,
    })
    expect(attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0)
  })

  it('keeps what only some servers send, and no prototype that they choose', async () => {
    await using recording = record()
    const poison = JSON.parse('{"__proto__":{"poisoned":1},"constructor":{"prototype":{"poisoned":1}}}')
    const chunks = [
      chunk({ reasoning_content: 'Hm' }),
      chunk({ reasoning_content: 'm.' }),
      chunk(poison),
      chunk(poison),
    ]
    await using server = await serveApi({
      events: dataEvents([...chunks, chunk({ tool_calls: [{ index: 1e9 }] })]),
    })
    await all(await observe(clientOf(server)).chat.completions.create({ ...ASKED, stream: true }))
    expect(String(recording.only('chat gpt-5').attributes['output.value'])).toContain(
      '"reasoning_content":"Hmm."',
    )
    expect(({} as { poisoned?: number }).poisoned).toBeUndefined()
  })

  it('records the helpers once: parse, stream, runTools', async () => {
    await using recording = record()
    const parsed = {
      ...COMPLETION,
      choices: [{ ...COMPLETION.choices[0], message: { role: 'assistant', content: '{"name":"Po"}' } }],
    }
    const called = {
      ...COMPLETION,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, tool_calls: [CALLS[0]] },
          finish_reason: 'tool_calls',
        },
      ],
    }
    const events = dataEvents([chunk({ role: 'assistant', content: 'Wet.' }), chunk({}, 'stop')])
    await using server = await serveApi({ body: parsed }, { events }, { body: called }, { body: COMPLETION })
    const openai = observe(clientOf(server))

    const river = await openai.chat.completions.parse({
      ...ASKED,
      response_format: zodResponseFormat(z.object({ name: z.string() }), 'river'),
    })
    expect(river.choices[0]?.message.parsed).toEqual({ name: 'Po' })
    expect(recording.named('chat gpt-5')).toHaveLength(1)

    const deltas: string[] = []
    const stream = openai.chat.completions.stream(ASKED).on('content', (delta) => deltas.push(delta))
    expect(await stream.finalContent()).toBe('Wet.')
    expect(deltas).toEqual(['Wet.'])
    expect(recording.named('chat gpt-5')).toHaveLength(2)

    const depths: unknown[] = []
    const runner = openai.chat.completions.runTools({
      ...ASKED,
      tools: [
        {
          type: 'function',
          function: {
            name: 'depth',
            parameters: {},
            description: 'How deep',
            parse: (text: string) => JSON.parse(text) as object,
            function: (args: object) => void depths.push(args),
          },
        },
      ],
    })
    expect(await runner.finalContent()).toBe('Rivers are wet.')
    expect(depths).toEqual([{ river: 'Po' }])
    expect(recording.spans.map(({ name }) => name)).toEqual(Array(4).fill('chat gpt-5'))
  })

  it('records one call however often the client tries, and its very error', async () => {
    await using recording = record()
    const limited = {
      status: 429,
      headers: { 'retry-after-ms': '1' },
      body: { error: { message: 'Slow down', code: 'rate_limit_exceeded', type: 'requests', param: null } },
    }
    await using server = await serveApi(limited, limited, { body: COMPLETION }, limited)
    const openai = observe(clientOf(server))
    await openai.chat.completions.create(ASKED)
    expect(server.requests).toHaveLength(3)
    expect(recording.only('chat gpt-5').status.code).toBe(0)

    const error = await openai.chat.completions
      .create(ASKED, { maxRetries: 1 })
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(RateLimitError)
    expect(server.requests).toHaveLength(5)
    const [, failed] = recording.named('chat gpt-5')
    expect(failed?.status).toEqual({ code: 2, message: (error as Error).message })
    expect(recording.spans).toHaveLength(2)
  })

  it('records parallel calls apart, and calls outside any run', async () => {
    await using recording = record()
    await using server = await serveApi({ body: COMPLETION })
    const openai = observe(clientOf(server))
    const names = ['a', 'b', 'c', 'd']
    await flow('many', () =>
      Promise.all(
        names.map((name) => flow.step(name, () => openai.chat.completions.create({ ...ASKED, model: name }))),
      ),
    ).run()
    for (const name of names) {
      const step = recording.only(name).spanContext().spanId
      expect(recording.only(`chat ${name}`).parentSpanContext?.spanId).toBe(step)
    }
    await openai.chat.completions.create({ ...ASKED, model: 'alone' })
    expect(recording.only('chat alone').parentSpanContext).toBeUndefined()
  })
})

it('embeddings are recorded as an embedder, without their vectors', async () => {
  await using recording = record()
  const base64 = Buffer.from(new Float32Array([0.25, -0.5, 1]).buffer).toString('base64')
  const data = [0, 1].map((index) => ({ object: 'embedding', index, embedding: base64 }))
  await using server = await serveApi({
    body: {
      object: 'list',
      data,
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    },
  })
  const openai = observe(clientOf(server))
  const { data: vectors } = await openai.embeddings.create({
    model: 'text-embedding-3',
    input: ['river', 'lake'],
  })
  expect(vectors.map(({ embedding }) => [...embedding])).toEqual(Array(2).fill([0.25, -0.5, 1]))
  expect(recording.only('embeddings text-embedding-3').attributes).toEqual({
    'weir.kind': 'embedder',
    'openinference.span.kind': 'EMBEDDING',
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.provider.name': 'local',
    'gen_ai.request.model': 'text-embedding-3',
    'gen_ai.response.model': 'text-embedding-3-small',
    'gen_ai.usage.input_tokens': 8,
    'input.value': '["river","lake"]',
    'input.mime_type': 'application/json',
    'output.value': '{"vectors":2,"dimensions":3}',
    'output.mime_type': 'application/json',
  })
})
