import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { embedMany, generateText, type LanguageModel, streamText, tool } from 'ai'
import { MockLanguageModelV3, simulateReadableStream } from 'ai/test'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { flow, observe } from '../index.ts'
import { record } from '../testing.ts'
import { type ApiServer, dataEvents, type Reply, serveApi } from './testing.ts'

const base = { id: 'c1', created: 1_764_000_000, model: 'llama-3.3-70b-versatile' }
const USAGE = {
  prompt_tokens: 19,
  completion_tokens: 10,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 3 },
}
const completion = (message: object, finish_reason = 'stop'): Reply => ({
  body: {
    ...base,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
    usage: USAGE,
  },
})
const chunk = (delta: object, finish_reason: string | null = null, usage?: object) => ({
  ...base,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
  ...(usage && { usage }),
})
const CALL = { id: 'call_1', type: 'function', function: { name: 'depth', arguments: '{"river":"Po"}' } }

const groqAt = (server: ApiServer) =>
  createOpenAICompatible({ name: 'groq', baseURL: server.url, apiKey: 'k' })
const modelAt = (server: ApiServer) => observe(groqAt(server)('llama-3.3'))

const outputOf = (span: { attributes: Record<string, unknown> } | undefined) =>
  JSON.parse(String(span?.attributes['output.value']))

it('a generation is recorded below its step, with each call of the model', async () => {
  await using recording = record()
  await using server = await serveApi(
    completion({ content: null, tool_calls: [CALL] }, 'tool_calls'),
    completion({ content: 'Five metres.' }),
  )
  const depth = tool({ inputSchema: z.object({ river: z.string() }), execute: () => '5 m' })
  const model: LanguageModel = modelAt(server)
  const answer = flow('answer', () =>
    flow.step('ask', async () => {
      const { text } = await generateText({
        model,
        prompt: 'How deep is the Po?',
        tools: { depth },
        stopWhen: ({ steps }) => steps.length === 2,
      })
      return text
    }),
  )
  expect(await answer.run()).toBe('Five metres.')
  const [first, second] = recording.named('chat llama-3.3')
  expect(first?.parentSpanContext?.spanId).toBe(recording.only('ask').spanContext().spanId)
  expect(first?.attributes).toEqual({
    'weir.kind': 'model',
    'weir.flow.name': 'answer',
    'weir.run.id': recording.only('answer').attributes['weir.run.id'],
    'openinference.span.kind': 'LLM',
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'groq',
    'gen_ai.request.model': 'llama-3.3',
    'gen_ai.response.model': 'llama-3.3-70b-versatile',
    'gen_ai.response.finish_reasons': ['tool-calls'],
    'gen_ai.usage.input_tokens': 19,
    'gen_ai.usage.output_tokens': 10,
    'gen_ai.usage.cache_read.input_tokens': 4,
    'gen_ai.usage.reasoning.output_tokens': 3,
    'input.value': '[{"role":"user","content":[{"type":"text","text":"How deep is the Po?"}]}]',
    'input.mime_type': 'application/json',
    'output.value': expect.stringContaining('"toolName":"depth"'),
    'output.mime_type': 'application/json',
  })
  expect(outputOf(second)).toEqual({
    role: 'assistant',
    content: [{ type: 'text', text: 'Five metres.' }],
  })
  expect(recording.spans).toHaveLength(4)
})

it('a stream is recorded as it is read', async () => {
  await using recording = record()
  const chunks = [
    chunk({ role: 'assistant', reasoning_content: 'A river' }),
    chunk({ reasoning_content: '.' }),
    chunk({ content: 'Let me ' }),
    chunk({ content: 'look.' }),
    chunk({ tool_calls: [{ index: 0, ...CALL }] }),
    chunk({}, 'tool_calls', USAGE),
  ]
  await using server = await serveApi({ events: dataEvents(chunks) })
  const depth = tool({ inputSchema: z.object({ river: z.string() }), execute: () => '5 m' })
  const result = streamText({ model: modelAt(server), prompt: 'How deep?', tools: { depth } })
  expect(await result.text).toBe('Let me look.')
  const span = recording.only('chat llama-3.3')
  expect(outputOf(span).content).toEqual([
    { type: 'reasoning', text: 'A river.' },
    { type: 'text', text: 'Let me look.' },
    expect.objectContaining({ type: 'tool-call', toolName: 'depth', input: '{"river":"Po"}' }),
  ])
  expect(span.attributes).toMatchObject({
    'gen_ai.response.model': 'llama-3.3-70b-versatile',
    'gen_ai.response.finish_reasons': ['tool-calls'],
    'gen_ai.usage.input_tokens': 19,
    'gen_ai.usage.reasoning.output_tokens': 3,
  })
  expect(span.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0)
})

it('a stream that is aborted is recorded as far as it came', async () => {
  await using recording = record()
  await using server = await serveApi({
    events: dataEvents([chunk({ role: 'assistant', content: 'Let me' })]).slice(0, 1),
    afterwards: 'hang',
  })
  const controller = new AbortController()
  const result = streamText({
    model: modelAt(server),
    prompt: 'How deep?',
    abortSignal: controller.signal,
    onError: () => {},
  })
  for await (const text of result.textStream) if (text === 'Let me') controller.abort()
  await expect.poll(() => recording.named('chat llama-3.3').length).toBe(1)
  const [span] = recording.spans
  expect(outputOf(span).content).toMatchObject([{ type: 'text', text: 'Let me' }])
  await expect.poll(server.left).toBe(1)
})

it('errors stay what they are, before and within a stream', async () => {
  await using recording = record()
  await using server = await serveApi(
    { status: 400, body: { error: { message: 'Too long' } } },
    { events: dataEvents([chunk({ content: 'Let' }), { error: { message: 'Overloaded' } }]) },
  )
  const asked = { model: modelAt(server), prompt: 'How deep?', maxRetries: 0 }
  const error = await generateText(asked).catch((caught: unknown) => caught)
  expect(recording.spans[0]?.status).toEqual({ code: 2, message: (error as Error).message })

  const errors: unknown[] = []
  await streamText({ ...asked, onError: ({ error }) => void errors.push(error) }).consumeStream()
  expect(errors).toHaveLength(1)
  expect(recording.spans[1]?.status).toMatchObject({ code: 2, message: 'Overloaded' })
  expect(outputOf(recording.spans[1]).content).toMatchObject([{ type: 'text', text: 'Let' }])
})

it('embeddings are recorded as an embedder', async () => {
  await using recording = record()
  const data = [0, 1].map((index) => ({ object: 'embedding', index, embedding: [0.25, -0.5, 1] }))
  await using server = await serveApi({
    body: { object: 'list', data, model: 'nomic', usage: { prompt_tokens: 8 } },
  })
  const model = observe(groqAt(server).embeddingModel('nomic'), { provider: 'ollama' })
  const { embeddings } = await embedMany({ model, values: ['river', 'lake'] })
  expect(embeddings).toHaveLength(2)
  expect(recording.only('embeddings nomic').attributes).toMatchObject({
    'weir.kind': 'embedder',
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.provider.name': 'ollama',
    'gen_ai.usage.input_tokens': 8,
    'input.value': '["river","lake"]',
    'output.value': '{"vectors":2,"dimensions":3}',
  })
})

describe('models of earlier specifications', () => {
  vi.stubGlobal('AI_SDK_LOG_WARNINGS', false)
  const V3_USAGE = {
    inputTokens: { total: 12, noCache: 8, cacheRead: 3, cacheWrite: 1 },
    outputTokens: { total: 5, text: 3, reasoning: 2 },
  }
  const v3 = new MockLanguageModelV3({
    provider: 'acme.chat',
    modelId: 'large',
    doGenerate: async () => ({
      content: [{ type: 'text', text: 'Wet.' }],
      finishReason: { unified: 'stop', raw: 'end' },
      usage: V3_USAGE,
      warnings: [],
    }),
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [
          { type: 'text-start', id: '0' },
          { type: 'text-delta', id: '0', delta: 'Wet.' },
          { type: 'text-end', id: '0' },
          { type: 'finish', finishReason: { unified: 'stop', raw: 'end' }, usage: V3_USAGE },
        ],
      }),
    }),
  })
  const V2_USAGE = {
    inputTokens: 12,
    outputTokens: 5,
    totalTokens: 17,
    cachedInputTokens: 3,
    reasoningTokens: 2,
  }
  const v2 = {
    specificationVersion: 'v2' as const,
    provider: 'acme.chat',
    modelId: 'large',
    supportedUrls: {},
    doGenerate: async () => ({
      content: [{ type: 'text' as const, text: 'Wet.' }],
      finishReason: 'stop' as const,
      usage: V2_USAGE,
      warnings: [],
    }),
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [
          { type: 'text-start' as const, id: '0' },
          { type: 'text-delta' as const, id: '0', delta: 'Wet.' },
          { type: 'text-end' as const, id: '0' },
          { type: 'finish' as const, finishReason: 'stop' as const, usage: V2_USAGE },
        ],
      }),
    }),
  }

  it.each([
    ['3, of version 6', v3],
    ['2, of version 5', v2],
  ])('are recorded too: %s', async (_, model) => {
    await using recording = record()
    await generateText({ model: observe(model), prompt: 'What is a river?' })
    await streamText({ model: observe(model), prompt: 'What is a river?' }).consumeStream()
    expect(recording.spans).toHaveLength(2)
    for (const span of recording.spans) {
      expect(outputOf(span).content).toMatchObject([{ type: 'text', text: 'Wet.' }])
      expect(span.attributes).toMatchObject({
        'gen_ai.provider.name': 'acme',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 12,
        'gen_ai.usage.output_tokens': 5,
        'gen_ai.usage.cache_read.input_tokens': 3,
        'gen_ai.usage.reasoning.output_tokens': 2,
      })
    }
  })
})
