import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { AzureOpenAI } from 'openai'
import { describe, expect, it } from 'vitest'
import { observe, UsageError } from '../index.ts'
import { record } from '../testing.ts'
import { providerAt, providerOfModel } from './provider-names.ts'
import { serveApi } from './testing.ts'

const ASKED = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] }
const ANSWER = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'Ho' }, finish_reason: 'stop' }],
}

describe('what is observed', () => {
  it.each([undefined, null, 'gpt-5', OpenAI, {}, [], { chat: {} }, { messages: { list() {} } }])(
    'is not this: %#',
    (client) => {
      expect(() => observe(client as never)).toThrow(UsageError)
      expect(() => observe(client as never)).toThrow('expected an OpenAI-compatible client (chat.completions')
    },
  )

  it('has a provider with a name', () => {
    expect(() => observe(new OpenAI({ apiKey: 'k' }), { provider: '' })).toThrow(
      'provider: expected a non-empty string',
    )
  })

  it('is a client of the same kind; the original stays as it is', async () => {
    await using recording = record()
    await using server = await serveApi({ body: ANSWER })
    const client = new OpenAI({ apiKey: 'k', baseURL: server.url })
    const keys = [client, client.chat, client.chat.completions].map((object) => Reflect.ownKeys(object))
    const openai = observe(client)
    expect(openai).toBeInstanceOf(OpenAI)
    expect(openai.constructor).toBe(OpenAI)
    expect(openai.chat.completions).toBeInstanceOf(OpenAI.Chat.Completions)
    expect(openai.chat.completions).toBe(openai.chat.completions)
    expect(openai.chat.completions.create).toBe(openai.chat.completions.create)
    expect(openai.files).toBe(client.files)
    expect(observe(openai)).toBe(openai)
    const asking = openai.chat.completions.create(ASKED)
    expect(asking.constructor).toBe(client.chat.completions.create(ASKED).constructor)
    await asking
    expect(recording.spans).toHaveLength(1)
    await client.chat.completions.create(ASKED)
    expect(recording.spans).toHaveLength(1)
    expect([client, client.chat, client.chat.completions].map((object) => Reflect.ownKeys(object))).toEqual(
      keys,
    )
  })

  it('stays observed with other options, and takes new settings', async () => {
    await using recording = record()
    await using server = await serveApi({ body: ANSWER })
    const openai = observe(new OpenAI({ apiKey: 'k', baseURL: server.url }), { provider: 'acme' })
    await openai.withOptions({ timeout: 5_000 }).chat.completions.create(ASKED)
    expect(recording.spans.map(({ attributes }) => attributes['gen_ai.provider.name'])).toEqual(['acme'])
    openai.apiKey = 'other'
    await openai.chat.completions.create(ASKED)
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer k', 'Bearer other'])
    expect(await openai.post('/chat/completions', { body: ASKED })).toEqual(ANSWER)
    expect(recording.spans).toHaveLength(2)
  })

  it('may be Azure’s client, or another that has the same methods', async () => {
    await using recording = record()
    await using server = await serveApi({ body: ANSWER })
    const azure = new AzureOpenAI({ apiKey: 'k', apiVersion: '2026-01-01', baseURL: `${server.url}/openai` })
    await observe(azure, { provider: 'azure.ai.openai' }).chat.completions.create(ASKED)

    const plain = { chat: { completions: { create: async (_: typeof ASKED) => ANSWER } } }
    expect(await observe(plain).chat.completions.create(ASKED)).toBe(ANSWER)
    async function* chunks() {
      yield { choices: [{ index: 0, delta: { content: 'Ho' } }] }
    }
    const stream = { chat: { completions: { create: (_: typeof ASKED) => chunks() } } }
    for await (const _ of observe(stream).chat.completions.create(ASKED))
      expect(recording.spans).toHaveLength(2)
    expect(
      recording.spans.map(({ attributes }) => [
        attributes['gen_ai.provider.name'],
        JSON.parse(String(attributes['output.value'])).content,
      ]),
    ).toEqual([
      ['azure.ai.openai', 'Ho'],
      ['unknown', 'Ho'],
      ['unknown', 'Ho'],
    ])
  })
})

describe('nothing that is recorded can fail the call:', () => {
  it('arguments and answers of any form', async () => {
    await using recording = record()
    const strange = [
      null,
      'text',
      { choices: 'none' },
      { choices: [null] },
      { model: 7, choices: [{ message: 1 }] },
    ]
    await using server = await serveApi(...strange.map((body) => ({ body })))
    const openai = observe(new OpenAI({ apiKey: 'k', baseURL: server.url, maxRetries: 0 }))
    for (const body of strange) expect(await openai.chat.completions.create(ASKED)).toEqual(body)
    await openai.chat.completions.create({} as never)
    expect(recording.spans).toHaveLength(strange.length + 1)
    expect(recording.only('chat unknown').status.code).toBe(0)

    const throws = new Proxy(
      {},
      {
        get: () => {
          throw new Error('mine')
        },
      },
    )
    await expect(openai.chat.completions.create(throws as never)).rejects.toThrow('mine')
    await expect(openai.chat.completions.create(undefined as never)).rejects.toThrow(TypeError)
    const anthropic = observe(new Anthropic({ apiKey: 'k', baseURL: server.url, maxRetries: 0 }))
    // The client itself refuses to wait that long without a stream.
    expect(() => anthropic.messages.create({ ...ASKED, max_tokens: 1e9 })).toThrow('Streaming is required')
    expect(recording.spans.at(-1)?.status.code).toBe(2)
  })

  it('a stream that cannot be watched', async () => {
    await using recording = record()
    async function* chunks() {
      yield 1
    }
    const stream = Object.freeze(chunks())
    const client = { messages: { create: () => stream } }
    expect(observe(client).messages.create()).toBe(stream)
    await expect.poll(() => recording.spans.length).toBe(1)
  })

  it('an SDK that was not started', async () => {
    await using server = await serveApi({ body: ANSWER })
    const openai = observe(new OpenAI({ apiKey: 'k', baseURL: server.url }))
    expect(await openai.chat.completions.create(ASKED)).toEqual(ANSWER)
  })
})

it.each([
  ['https://api.openai.com/v1', 'openai'],
  ['https://eu.api.openai.com/v1', 'openai'],
  ['https://mine.openai.azure.com/openai', 'azure.ai.openai'],
  ['https://api.anthropic.com', 'anthropic'],
  ['https://api.groq.com/openai/v1', 'groq'],
  ['https://openrouter.ai/api/v1', 'openrouter'],
  ['https://api.x.ai/v1', 'x_ai'],
  ['https://api.mistral.ai/v1', 'mistral_ai'],
  ['https://generativelanguage.googleapis.com/v1beta/openai/', 'gcp.gemini'],
  ['https://us-east5-aiplatform.googleapis.com/v1', 'gcp.vertex_ai'],
  ['https://bedrock-runtime.us-east-1.amazonaws.com', 'aws.bedrock'],
  ['http://localhost:11434/v1', 'local'],
  ['http://127.0.0.1:8080', 'local'],
  ['http://[::1]:8080', 'local'],
  ['http://10.1.2.3:8000/v1', '10.1.2.3'],
  ['http://vllm:8000/v1', 'vllm'],
  ['nowhere', undefined],
])('at %s is the provider %s', (url, provider) => {
  expect(providerAt(url)).toBe(provider)
})

it.each([
  ['openai.responses', 'openai'],
  ['anthropic.messages', 'anthropic'],
  ['google.generative-ai', 'gcp.gemini'],
  ['google.vertex.chat', 'gcp.vertex_ai'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['xai.chat', 'x_ai'],
  ['groq.chat', 'groq'],
  ['', undefined],
])('the model of %s is by %s', (name, provider) => {
  expect(providerOfModel(name)).toBe(provider)
})
