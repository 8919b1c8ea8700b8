import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import OpenAI, { APIUserAbortError } from 'openai'
import { expect, it } from 'vitest'
import { flow, observe } from '../index.ts'
import { type Recording, record } from '../testing.ts'
import { all, dataEvents, type Reply, serveApi } from './testing.ts'

const ASKED = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }], stream: true as const }

const chunk = (content: string, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_764_000_000,
  model: 'm-1',
  choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason }],
})
const CHUNKS = [chunk('a'), chunk('b'), chunk('c', 'stop')]
const EVENTS = dataEvents(CHUNKS)
const [FIRST] = EVENTS as [string]

const collect: () => void = (() => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})()

async function serve(reply: Reply) {
  const server = await serveApi(reply)
  const client = new OpenAI({ apiKey: 'k', baseURL: server.url, maxRetries: 0 })
  return { server, client, openai: observe(client) }
}

const outputOf = (recording: Recording) => {
  const { attributes } = recording.only('chat m')
  return JSON.parse(String(attributes['output.value'])).content
}

it('ends its span when it is consumed, not before', async () => {
  await using recording = record()
  const { server, openai } = await serve({ events: EVENTS })
  await using _ = server
  const answer = flow('answer', async () => {
    const stream = await openai.chat.completions.create(ASKED)
    expect(recording.spans).toEqual([])
    return flow.step('read', () => all(stream))
  })
  await answer.run()
  expect(recording.spans.map(({ name }) => name)).toEqual(['chat m', 'read', 'answer'])
  expect(outputOf(recording)).toBe('abc')
  expect(recording.only('chat m').parentSpanContext?.spanId).toBe(
    recording.only('answer').spanContext().spanId,
  )
})

it('records what its consumer saw before leaving it, and the request ends', async () => {
  await using recording = record()
  const { server, openai } = await serve({ events: [FIRST], afterwards: 'hang' })
  await using _ = server
  const stream = await openai.chat.completions.create(ASKED)
  for await (const { choices } of stream) if (choices[0]?.delta.content === 'a') break
  expect(outputOf(recording)).toBe('a')
  expect(recording.only('chat m').attributes).not.toHaveProperty('gen_ai.response.finish_reasons')
  expect(stream.controller.signal.aborted).toBe(true)
  await expect.poll(server.left).toBe(1)
})

it('that fails in the middle throws the error that it throws unobserved', async () => {
  await using recording = record()
  const { server, openai, client } = await serve({ events: [FIRST], afterwards: 'break' })
  await using _ = server
  const errorOf = async (of: OpenAI) =>
    all(await of.chat.completions.create(ASKED)).catch((error: Error) => error)
  const [plain, observed] = [await errorOf(client), await errorOf(openai)] as Error[]
  expect([observed?.constructor, observed?.message]).toEqual([plain?.constructor, plain?.message])
  expect(recording.only('chat m').status).toEqual({ code: 2, message: observed?.message })
  expect(outputOf(recording)).toBe('a')
})

it('that the server breaks off with an error is an error', async () => {
  await using recording = record()
  const { server, openai } = await serve({
    events: [FIRST, `data: ${JSON.stringify({ error: { message: 'Overloaded', code: 'overloaded' } })}\n\n`],
  })
  await using _ = server
  await expect(all(await openai.chat.completions.create(ASKED))).rejects.toThrow('Overloaded')
  expect(recording.only('chat m').status.message).toBe('Overloaded')
})

it('that nobody reads ends when nobody can any more', async () => {
  await using recording = record()
  const { server, openai } = await serve({ events: EVENTS })
  await using _ = server
  const ask = async () => {
    const stream = await openai.chat.completions.create(ASKED)
    expect(stream.controller.signal.aborted).toBe(false)
  }
  await ask()
  await openai.chat.completions.create(ASKED).then((stream) => void stream[Symbol.asyncIterator]().next())
  const ended = () => {
    collect()
    return recording.spans.length
  }
  await expect.poll(ended, { interval: 20 }).toBe(2)
  expect(recording.spans.map(({ status }) => status.code)).toEqual([0, 0])
})

it('is read on, however often the garbage is collected', async () => {
  await using recording = record()
  const { server, openai } = await serve({ events: EVENTS })
  await using _ = server
  const chunks = CHUNKS.values()
  const iterator = { next: async () => chunks.next() }
  const plain = { chat: { completions: { create: () => ({ [Symbol.asyncIterator]: () => iterator }) } } }
  // Only the iterator is kept, as by a loop.
  const starts = [
    async () => (await openai.chat.completions.create(ASKED))[Symbol.asyncIterator](),
    async () => observe(plain).chat.completions.create()[Symbol.asyncIterator](),
  ]
  for (const [at, start] of starts.entries()) {
    const iterator = await start()
    let read = 0
    while (!(await iterator.next()).done) {
      for (let i = 0; i < 3; i++) {
        collect()
        await new Promise(setImmediate)
      }
      expect(recording.spans).toHaveLength(at)
      read++
    }
    expect(read).toBe(3)
    expect(recording.spans[at]?.attributes['output.value']).toContain('abc')
  }
})

it('is one call through tee, however differently it is read', async () => {
  await using recording = record()
  const { server, openai } = await serve({ events: EVENTS })
  await using _ = server
  const [left, right] = (await openai.chat.completions.create(ASKED)).tee()
  for await (const _ of left) break
  expect(recording.spans).toEqual([])
  expect(await all(right)).toHaveLength(3)
  expect(outputOf(recording)).toBe('abc')

  const [one, two] = (await openai.chat.completions.create({ ...ASKED, model: 'both' })).tee()
  expect(await Promise.all([all(one), all(two)])).toMatchObject([CHUNKS, CHUNKS])
  expect(recording.only('chat both').attributes['output.value']).toBe('{"content":"abc"}')
})

it('passes through toReadableStream, and back', async () => {
  await using recording = record()
  const { server, openai } = await serve({ events: EVENTS })
  await using _ = server
  const bytes = (await openai.chat.completions.create(ASKED)).toReadableStream()
  expect(
    (await new Response(bytes).text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(CHUNKS)
  expect(outputOf(recording)).toBe('abc')
})

it('tells a second reader what the client tells', async () => {
  await using recording = record()
  const { server, openai } = await serve({ events: EVENTS })
  await using _ = server
  const stream = await openai.chat.completions.create(ASKED)
  await all(stream)
  await expect(all(stream)).rejects.toThrow('consumed stream')
  expect(recording.only('chat m').status.code).toBe(0)
})

it('can be aborted by its controller, or by the signal of the call', async () => {
  await using recording = record()
  const { server, openai } = await serve({ events: [FIRST], afterwards: 'hang' })
  await using _ = server
  const stream = await openai.chat.completions.create(ASKED)
  for await (const _ of stream) stream.controller.abort()
  expect(outputOf(recording)).toBe('a')

  const controller = new AbortController()
  const other = await openai.chat.completions.create({ ...ASKED, model: 'b' }, { signal: controller.signal })
  for await (const _ of other) controller.abort()
  expect(recording.only('chat b').status.code).toBe(0)

  const asking = openai.chat.completions.create({ ...ASKED, model: 'c' }, { signal: AbortSignal.abort() })
  await expect(asking).rejects.toBeInstanceOf(APIUserAbortError)
  expect(recording.only('chat c').attributes['weir.run.status']).toBe('cancelled')
})

it('comes with its response', async () => {
  await using recording = record()
  const { server, openai } = await serve({ events: EVENTS })
  await using _ = server
  const { data, response, request_id } = await openai.chat.completions.create(ASKED).withResponse()
  expect([response.status, request_id]).toEqual([200, 'req_1'])
  expect(await all(data)).toHaveLength(3)
  expect(outputOf(recording)).toBe('abc')

  const raw = await openai.chat.completions.create({ ...ASKED, model: 'raw' }).asResponse()
  expect(await raw.text()).toBe(EVENTS.join(''))
  const { attributes } = recording.only('chat raw')
  expect(attributes['input.value']).toBe('[{"role":"user","content":"Hi"}]')
  expect(attributes).not.toHaveProperty('output.value')
})

it('a failed call that nobody awaits is an unhandled rejection, as it was', async () => {
  await using recording = record()
  const { server, openai } = await serve({ status: 400, body: { error: { message: 'No' } } })
  await using _ = server
  const unhandled: unknown[] = []
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', (error) => unhandled.push(error))
  try {
    await openai.chat.completions.create(ASKED).catch(() => {})
    await openai.chat.completions
      .create(ASKED)
      .asResponse()
      .catch(() => {})
    await openai.chat.completions
      .create(ASKED)
      .withResponse()
      .catch(() => {})
    await new Promise(setImmediate)
    expect(unhandled).toEqual([])
    void openai.chat.completions.create(ASKED)
    await expect.poll(() => unhandled.length).toBe(1)
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
  expect(recording.spans.map(({ status }) => status.code)).toEqual([2, 2, 2, 2])
})

it('a body that is no JSON is the error of the call, of helpers too', async () => {
  await using recording = record()
  const server = await serveApi({ headers: { 'content-type': 'application/json' }, events: ['{"cut":'] })
  await using _ = server
  const openai = observe(new OpenAI({ apiKey: 'k', baseURL: server.url, maxRetries: 0 }))
  const { stream: __, ...asked } = ASKED
  await expect(openai.chat.completions.create(asked)).rejects.toThrow(SyntaxError)
  await expect(openai.chat.completions.parse(asked)).rejects.toThrow(SyntaxError)
  expect(recording.spans.map(({ status }) => status.code)).toEqual([2, 2])
})
