import { setTimeout as pause } from 'node:timers/promises'
import { SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { currentRunId, flow } from '../index.ts'
import { readAll, record } from '../testing.ts'

async function* words(...list: unknown[]): AsyncGenerator<unknown> {
  for (const word of list) {
    if (word instanceof Error) throw word
    yield word
  }
}

class Client {
  readonly controller = new AbortController()
  async *[Symbol.asyncIterator]() {
    yield { delta: 'a' }
    yield { delta: 'b' }
  }
}

describe('a step that gives a stream', () => {
  it('is over when the stream was read, and records what it gave and when the first chunk came', async () => {
    await using recording = record()
    const stream = words('a', 'b')
    const got = await flow.step('s', () => stream)
    expect(got).toBe(stream)
    await pause(20)
    expect(recording.spans).toEqual([])
    expect(await readAll(got)).toEqual(['a', 'b'])
    const { attributes, duration, status } = recording.only('s')
    expect(attributes).toMatchObject({ 'output.value': 'ab', 'output.mime_type': 'text/plain' })
    const first = attributes['gen_ai.response.time_to_first_chunk'] as number
    expect(first).toBeGreaterThanOrEqual(0.019)
    expect(duration[0] + duration[1] / 1e9).toBeGreaterThanOrEqual(first)
    expect(status.code).toBe(SpanStatusCode.UNSET)
  })

  it.each([
    ['an object that can be iterated', () => new Client(), '[{"delta":"a"},{"delta":"b"}]'],
    ['a Web stream', () => new Blob(['abc']).stream(), '["[3 bytes]"]'],
    ['a Web stream of texts', () => ReadableStream.from(['a', 'b']), 'ab'],
    [
      'a generator',
      function* () {
        yield 1
        yield 2
      },
      '[1,2]',
    ],
  ])('which is %s', async (_, make, output) => {
    await using recording = record()
    const stream = await flow.step('s', make as () => AsyncIterable<unknown>)
    await readAll(stream)
    expect(recording.only('s').attributes['output.value']).toBe(output)
  })

  it('of which a response is made, or which is read by hand', async () => {
    await using recording = record()
    const stream = await flow.step('s', () => ReadableStream.from([new TextEncoder().encode('body')]))
    expect(await new Response(stream).text()).toBe('body')
    expect(recording.only('s').attributes['output.value']).toBe('["[4 bytes]"]')
    const read = await flow.step('t', () => ReadableStream.from(['x']))
    const reader = read.getReader()
    expect(await reader.read()).toEqual({ done: false, value: 'x' })
    expect(await reader.read()).toEqual({ done: true, value: undefined })
    expect(recording.only('t').attributes['output.value']).toBe('x')
  })

  it('is over when its reader broke off', async () => {
    await using recording = record()
    for await (const word of await flow.step('s', () => words('a', 'b', 'c'))) if (word === 'b') break
    expect(recording.only('s').attributes['output.value']).toBe('ab')
    const web = await flow.step('t', () => ReadableStream.from(['a', 'b']))
    for await (const _ of web) break
    expect(recording.only('t').attributes['output.value']).toBe('a')
  })

  it('fails with the stream, and records what came before', async () => {
    await using recording = record()
    const error = new RangeError('broken off')
    const stream = await flow.step('s', () => words('a', error))
    await expect(readAll(stream)).rejects.toBe(error)
    const span = recording.only('s')
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'broken off' })
    expect(span.attributes).toMatchObject({ 'output.value': 'a', 'error.type': 'RangeError' })
  })

  it('keeps no more than is recorded, and says how long it was', async () => {
    await using recording = record({ maxLength: 5 })
    await readAll(await flow.step('s', () => words('abc', 'def', 'ghi', 'jkl')))
    expect(recording.only('s').attributes).toMatchObject({
      'output.value': 'abcde',
      'weir.output.length': 12,
    })
  })

  it('that nobody can touch, or that others read, is named only', async () => {
    await using recording = record()
    await flow.step('frozen', () => Object.freeze(new Client()))
    const locked = ReadableStream.from(['a'])
    locked.getReader()
    await flow.step('locked', () => locked)
    expect(recording.only('frozen').attributes['output.value']).toBe('"[Client]"')
    expect(recording.only('locked').attributes['output.value']).toBe('"[ReadableStream]"')
  })
})

describe('a flow that gives a stream', () => {
  it('is over when it was read; its steps and nested flows belong to it, whoever reads', async () => {
    await using recording = record()
    const inner = flow('inner', () => currentRunId())
    const chat = flow('chat', async function* (name: string) {
      yield await flow.step('greet', () => `Hello ${name}`)
      await inner.run()
      yield '!'
    })
    const stream = await chat.run('Ada')
    expect(recording.spans).toEqual([])
    expect((await readAll(stream)).join('')).toBe('Hello Ada!')
    const run = recording.only('chat')
    expect(run.attributes).toMatchObject({
      'weir.run.status': 'ok',
      'weir.run.steps': 1,
      'output.value': 'Hello Ada!',
    })
    expect(recording.only('greet').parentSpanContext?.spanId).toBe(run.spanContext().spanId)
    expect(recording.only('inner').attributes['weir.run.parent_id']).toBe(run.attributes['weir.run.id'])
  })

  it('that fails is a failed run', async () => {
    await using recording = record()
    const chat = flow('chat', () => words('a', new Error('no')))
    await expect(readAll(await chat.run())).rejects.toThrow('no')
    expect(recording.only('chat').attributes).toMatchObject({
      'weir.run.status': 'error',
      'output.value': 'a',
    })
  })
})
