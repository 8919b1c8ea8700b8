import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { OpenTelemetry } from '@ai-sdk/otel'
import Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { flow, observe } from '@weir/sdk'
import { generateText, registerTelemetry } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { judge } from '../checks/judge.ts'
import { models, run, tools } from '../checks/matchers.ts'
import { recordRun } from '../vitest.ts'

const USAGE = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 }
const COMPLETION = {
  id: 'c1',
  object: 'chat.completion',
  created: 1_764_000_000,
  model: 'gpt-5-2025-08-07',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Wet.' }, finish_reason: 'stop' }],
  usage: USAGE,
}
const CHUNKS = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'Wet.' }, finish_reason: 'stop' }] },
  { choices: [], usage: USAGE },
].map((chunk) => ({ ...COMPLETION, object: 'chat.completion.chunk', ...chunk }))
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-5',
  content: [{ type: 'text', text: 'Deep.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 2, cache_creation_input_tokens: 0, cache_read_input_tokens: 5, output_tokens: 4 },
}
const TOOL_USE = {
  content: [{ type: 'tool_use', id: 'toolu_1', name: 'depth', input: {} }],
  stop_reason: 'tool_use',
}
const EMBEDDINGS = {
  object: 'list',
  model: 'text-embedding-3-small',
  data: [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }],
  usage: { prompt_tokens: 6, total_tokens: 6 },
}

interface Asked {
  readonly model: string
  readonly stream?: boolean
  readonly tools?: unknown
  readonly messages: readonly unknown[]
}

/** Answers as the APIs do, whatever is asked; models whose name begins with `bad` do not exist. */
const server = createServer(async (request, response) => {
  const { model, stream, tools, messages } = (await json(request)) as Asked
  const send = (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (model.startsWith('bad')) return send(404, { error: { message: 'No such model' } })
  if (request.url?.startsWith('/v1/messages'))
    return send(200, tools !== undefined && messages.length === 1 ? { ...MESSAGE, ...TOOL_USE } : MESSAGE)
  if (request.url === '/embeddings') return send(200, EMBEDDINGS)
  if (stream !== true) return send(200, COMPLETION)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const chunk of CHUNKS) response.write(`data: ${JSON.stringify(chunk)}\n\n`)
  return response.end('data: [DONE]\n\n')
})

let baseURL = ''
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const messages = [{ role: 'user' as const, content: 'What is a river?' }]

it('the calls of observed clients are the calls of their run', async () => {
  const openai = observe(new OpenAI({ apiKey: 'k', baseURL }), { provider: 'openai' })
  const anthropic = observe(new Anthropic({ apiKey: 'k', baseURL }), { provider: 'anthropic' })
  const research = flow('research', async () => {
    await flow.step('find', () =>
      openai.embeddings.create({ model: 'text-embedding-3-small', input: 'river', encoding_format: 'float' }),
    )
    await flow.step('draft', async () => {
      const stream = await openai.chat.completions.create({ model: 'gpt-5', messages, stream: true })
      for await (const _ of stream);
    })
    await flow.step('check', () =>
      Promise.all([
        anthropic.messages.create({ model: 'claude-sonnet-5-5', max_tokens: 9, messages }),
        openai.chat.completions.create({ model: 'bad-1', messages }).catch(() => undefined),
      ]),
    )
    return 'done'
  })
  const record = await recordRun(research, undefined)
  expect(record).toMatchObject({
    status: 'ok',
    inputTokens: 6 + 12 + 7,
    outputTokens: 3 + 4,
  })
  expect(record.steps.map(({ name, status }) => [name, status])).toEqual([
    ['find', 'ok'],
    ['draft', 'ok'],
    ['check', 'ok'],
  ])
  const calls = record.calls.map(({ name, kind, status, step }) => [name, kind, status, step])
  expect(calls).toHaveLength(4)
  expect(calls).toEqual(
    expect.arrayContaining([
      ['text-embedding-3-small', 'embedder', 'ok', 0],
      ['gpt-5-2025-08-07', 'model', 'ok', 1],
      ['claude-sonnet-5-5', 'model', 'ok', 2],
      ['bad-1', 'model', 'error', 2],
    ]),
  )
  const outcome = (check: Parameters<typeof judge>[0]) => judge(check, record).outcome
  expect(outcome(models.toHaveBeenCalled('claude-sonnet-5-5', { times: 1 }))).toBe('passed')
  expect(outcome(models.toHaveBeenCalled('gpt-5-2025-08-07', { times: 2 }))).toBe('failed')
  expect(outcome(run.toUseTokensAtMost(32))).toBe('passed')
  expect(outcome(run.toUseTokensAtMost(31))).toBe('failed')
})

it('a model of the AI SDK is counted once, whether the SDK traces too or not', async () => {
  const model = observe(createOpenAICompatible({ name: 'acme', baseURL, apiKey: 'k' })('gpt-5'))
  const ask = flow('ask', () =>
    flow.step('answer', async () => (await generateText({ model, prompt: 'What is a river?' })).text),
  )
  const expected = {
    status: 'ok',
    output: 'Wet.',
    inputTokens: 12,
    outputTokens: 3,
  }
  const alone = await recordRun(ask, undefined)
  expect(alone).toMatchObject({ ...expected, calls: [{ name: 'gpt-5-2025-08-07', kind: 'model', step: 0 }] })

  registerTelemetry(new OpenTelemetry())
  const both = await recordRun(ask, undefined)
  expect(both).toMatchObject(expected)
  expect(both.calls.map(({ name, kind }) => [name, kind])).toEqual([
    ['gpt-5', 'agent'],
    ['gpt-5-2025-08-07', 'model'],
  ])
})

it('a tool that Anthropic’s runner calls is a tool of the run', async () => {
  const anthropic = observe(new Anthropic({ apiKey: 'k', baseURL }))
  const depth = betaTool({
    name: 'depth',
    description: 'Of a river',
    inputSchema: { type: 'object', properties: {} },
    run: () => '5 m',
  })
  const ask = flow('ask', async () => {
    const body = { model: 'claude-sonnet-5-5', max_tokens: 9, messages, tools: [depth] }
    const { content } = await anthropic.beta.messages.toolRunner(body)
    return content
  })
  const record = await recordRun(ask, undefined)
  expect(record).toMatchObject({ status: 'ok', inputTokens: 14, outputTokens: 8 })
  expect(judge(tools.toHaveBeenCalled('depth', { times: 1 }), record).outcome).toBe('passed')
  expect(record.calls.map(({ kind }) => kind)).toEqual(['agent', 'model', 'tool', 'model'])
})
