import { setTimeout } from 'node:timers/promises'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, it } from 'vitest'
import { flow, shutdown } from '../index.ts'
import { record } from '../testing.ts'

const work = flow('work', () =>
  flow.step('step', () => trace.getTracer('app').startActiveSpan('query', (span) => span.end())),
)

afterEach(async () => {
  await shutdown()
  trace.disable()
  context.disable()
})

/** The application sets up OpenTelemetry; gives what it exports. */
function setUp(): () => string[] {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  )
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  return () => exporter.getFinishedSpans().map(({ name }) => name)
}

it('a set-up right after init gets what is its own, and libraries that started before go over to it', async () => {
  const recording = record()
  const early = trace.getTracer('early')
  const exported = setUp()
  await work.run()
  early.startSpan('after').end()
  expect(exported()).toEqual(['query', 'step', 'work', 'after'])
  expect(recording.spans.map(({ name }) => name)).toEqual(['step', 'work'])
})

it('so does one that comes when there were runs already, also while one goes on', async () => {
  const recording = record()
  const early = trace.getTracer('early')
  early.startSpan('before').end()
  await work.run()
  const exported = await flow('goes on', async () => {
    const names = setUp()
    await work.run()
    return names
  }).run()
  early.startSpan('after').end()
  expect(exported()).toEqual(['query', 'step', 'work', 'after'])
  const [before, query, step, first, ...rest] = recording.spans
  expect([before, query, step, first].map((span) => span?.name)).toEqual(['before', 'query', 'step', 'work'])
  expect(rest.map(({ name }) => name)).toEqual(['step', 'work', 'goes on'])
  expect(rest[1]?.parentSpanContext?.spanId).toBe(rest[2]?.spanContext().spanId)
})

describe('a provider of SDK 1', () => {
  function setUpOld() {
    trace.setGlobalTracerProvider(new BasicTracerProvider())
    context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  }

  it('that a library sets up when it is first used, as Genkit does, brings its spans, each once', async () => {
    const recording = record()
    await flow('late', () =>
      flow.step('call', () => {
        setUpOld()
        return work.run()
      }),
    ).run()
    expect(recording.spans.map(({ name }) => name)).toEqual(['query', 'step', 'work', 'call', 'late'])
    const [query, step] = recording.spans
    expect(query?.parentSpanContext?.spanId).toBe(step?.spanContext().spanId)
  })

  it.each(['right after us', 'later'])('that the application sets up %s keeps its spans', async (when) => {
    const recording = record()
    if (when === 'later') await setTimeout(5)
    setUpOld()
    await work.run()
    expect(recording.spans.map(({ name }) => name)).toEqual(['step', 'work'])
  })
})

it('OpenTelemetry’s API is as it was after the shutdown', async () => {
  record()
  await work.run()
  await shutdown()
  expect(Object.hasOwn(trace, 'setGlobalTracerProvider')).toBe(false)
  expect(Object.hasOwn(context, 'setGlobalContextManager')).toBe(false)
})
