import { context, ROOT_CONTEXT, type TracerProvider as TracerProvider_, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import {
  BasicTracerProvider,
  InMemorySpanExporter as ExporterV1,
  SimpleSpanProcessor as ProcessorV1,
} from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { flow, flush, type InitOptions, init, shutdown, spanProcessor } from '../index.ts'
import { receive } from '../testing.ts'

const REMOTE = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }

const work = flow('work', () =>
  flow.step('step', () => trace.getTracer('app').startActiveSpan('query', (span) => span.end())),
)

afterEach(async () => {
  await shutdown()
  trace.disable()
  context.disable()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** An application with a provider of its own; gives what it exported. */
function application(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter()
  const resource = resourceFromAttributes({ 'service.name': 'shop', region: 'eu' })
  trace.setGlobalTracerProvider(
    new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  )
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  return exporter
}

function collecting(options: InitOptions = {}): { spans: ReadableSpan[]; options: InitOptions } {
  const spans: ReadableSpan[] = []
  const exporter = {
    export(batch: ReadableSpan[], done: (result: { code: number }) => void) {
      spans.push(...batch)
      done({ code: 0 })
    },
    shutdown: async () => {},
  }
  return { spans, options: { ...options, exporter } }
}

const chain = (spans: ReadableSpan[]) =>
  spans.map(({ name, parentSpanContext }) => {
    const parent = spans.find((span) => span.spanContext().spanId === parentSpanContext?.spanId)
    return `${name} < ${parent?.name}`
  })

describe('beside a provider of the application', () => {
  it('our spans are part of its traces, and reach Weir as well', async () => {
    const exporter = application()
    const { spans, options } = collecting({ environment: 'production' })
    init(options)
    await trace.getTracer('app').startActiveSpan('request', async (span) => {
      await work.run()
      span.end()
    })

    expect(chain(exporter.getFinishedSpans())).toEqual([
      'query < step',
      'step < work',
      'work < request',
      'request < undefined',
    ])
    expect(chain(spans)).toEqual(['step < work', 'work < undefined'])
    const [step, run] = spans
    const theirs = exporter.getFinishedSpans().find((span) => span.name === 'work')
    expect(run?.spanContext()).toEqual(theirs?.spanContext())
    expect(run?.parentSpanContext).toEqual(theirs?.parentSpanContext)
    expect(run?.attributes['weir.run.id']).not.toBe(run?.spanContext().traceId)
    expect(step?.resource.attributes).toEqual({
      'service.name': 'shop',
      region: 'eu',
      'deployment.environment.name': 'production',
    })
  })

  it('they arrive over OTLP', async () => {
    application()
    await using receiver = await receive()
    init({ endpoint: receiver.url })
    await work.run()
    expect(await flush()).toEqual({ exported: 2, lost: 0, pending: 0 })
    expect(receiver.requests[0]?.resource).toMatchObject({ 'service.name': 'shop' })
    expect(receiver.requests[0]?.spans.map((span) => span.name)).toEqual(['step', 'work'])
  })

  it('are sent once where the application sends to the same OTLP variable: by us', async () => {
    await using receiver = await receive()
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url)
    const exporter = application()
    init()
    await work.run()
    expect(await flush()).toMatchObject({ exported: 2, lost: 0, pending: 0 })
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['query'])
    const [step] = receiver.requests[0]?.spans ?? []
    expect(exporter.getFinishedSpans()[0]?.parentSpanContext?.spanId).toBe(step?.spanId)
  })

  it('works with a provider of SDK 1.x', async () => {
    const exporter = new ExporterV1()
    const provider = new BasicTracerProvider()
    provider.addSpanProcessor(new ProcessorV1(exporter))
    trace.setGlobalTracerProvider(provider)
    await using receiver = await receive()
    init({ endpoint: receiver.url, serviceName: 'old' })
    await work.run()
    expect(exporter.getFinishedSpans().map((span) => span.name)).toEqual(['query', 'step', 'work'])
    await flush()
    const [step, run] = receiver.requests[0]?.spans ?? []
    expect(step?.parentSpanId).toBe(run?.spanId)
    expect(receiver.requests[0]?.resource).toMatchObject({ 'service.name': 'old' })
  })

  it('reach Weir whatever the application samples, filters, ends or breaks', async () => {
    const broken = () => {
      throw new Error('broken')
    }
    const providers: Record<string, TracerProvider_> = {
      'a sampler that is off': new TracerProvider({ sampler: new AlwaysOffSampler() }),
      'a rate of nothing': new TracerProvider({ sampler: new TraceIdRatioBasedSampler(0) }),
      'no processor': new TracerProvider(),
      'a processor that throws': new TracerProvider({
        spanProcessors: [
          { onStart: broken, onEnd: broken, forceFlush: async () => {}, shutdown: async () => {} },
        ],
      }),
      'a tracer that throws': { getTracer: () => ({ startSpan: broken, startActiveSpan: broken }) },
      'spans that cannot be read': {
        getTracer: () => ({ startSpan: () => trace.wrapSpanContext(REMOTE), startActiveSpan: broken }),
      },
    }
    for (const [name, provider] of Object.entries(providers)) {
      trace.setGlobalTracerProvider(provider)
      const { spans, options } = collecting()
      init(options)
      const plain = flow('plain', () => flow.step('step', () => flow.step('inner', () => 1)))
      expect([name, await plain.run()]).toEqual([name, 1])
      expect([name, ...chain(spans)]).toEqual([name, 'inner < step', 'step < plain', 'plain < undefined'])
      await shutdown()
      trace.disable()
    }
  })

  it('carry what the application wrote on its own span', async () => {
    application()
    const { spans, options } = collecting()
    init(options)
    await flow('work', () => {
      trace.getActiveSpan()?.setAttribute('tenant', 'acme').addEvent('noticed')
    }).run()
    expect(spans[0]?.attributes).toMatchObject({ 'weir.kind': 'flow', tenant: 'acme' })
    expect(spans[0]?.events.map(({ name }) => name)).toEqual(['noticed'])
  })
})

it('spanProcessor brings every span of the application’s provider, each once', async () => {
  const { spans, options } = collecting()
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spanProcessor(options)] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  init()
  await work.run()
  expect(chain(spans)).toEqual(['query < step', 'step < work', 'work < undefined'])
})

describe('a trace that another library starts inside a run', () => {
  const asGenkit = flow('outer', () =>
    flow.step('call', () =>
      trace.getTracer('genkit').startActiveSpan('inner flow', { root: true }, (span) => {
        trace.getTracer('genkit').startSpan('below').end()
        span.end()
      }),
    ),
  )
  const experiment = { id: 'e', caseId: 'c', trial: 1 }
  const marks = {
    'weir.experiment.id': 'e',
    'weir.case.id': 'c',
    'weir.trial': 1,
    'session.id': 's',
    'user.id': 'u',
  }

  it.each([
    ['our provider', (options: InitOptions) => init(options)],
    [
      'our processor',
      (options: InitOptions) => {
        trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spanProcessor(options)] }))
        context.setGlobalContextManager(new AsyncLocalStorageContextManager())
      },
    ],
  ])('is a child of the run, for the same trial, session and user: %s', async (_, start) => {
    const { spans, options } = collecting()
    start(options)
    await asGenkit.run(undefined, { id: 'r', experiment, session: 's', user: 'u' })
    await flush()
    const [outer, inner, below] = ['outer', 'inner flow', 'below'].map(
      (name) => spans.find((span) => span.name === name)!,
    )
    expect(inner!.spanContext().traceId).not.toBe(outer!.spanContext().traceId)
    expect(inner!.attributes).toMatchObject({ 'weir.run.parent_id': 'r', ...marks })
    expect(below!.attributes).toEqual({})
  })

  it('begins outside of any run: nothing is said about it', async () => {
    const { spans, options } = collecting()
    init(options)
    trace.getTracer('genkit').startSpan('alone').end()
    await flush()
    expect(spans.map(({ attributes }) => attributes)).toEqual([{}])
  })
})

describe('without a provider of the application', () => {
  it('ours becomes the global one, unless told otherwise, and leaves with shutdown', async () => {
    const first = collecting()
    init(first.options)
    await work.run()
    expect(chain(first.spans)).toEqual(['query < step', 'step < work', 'work < undefined'])
    await shutdown()
    trace.getTracer('app').startSpan('after').end()
    expect(first.spans).toHaveLength(3)

    const second = collecting({ global: false })
    init(second.options)
    await work.run()
    expect(chain(second.spans)).toEqual(['step < work', 'work < undefined'])
  })

  it('the first init counts, until shutdown', async () => {
    const [first, second] = [collecting(), collecting()]
    init(first.options)
    init(second.options)
    await flow('f', () => 1).run()
    expect([first.spans.length, second.spans.length]).toEqual([1, 0])
  })
})

describe('not initialised', () => {
  it('flows and steps work, and record nothing', async () => {
    expect(await work.run()).toBeUndefined()
    expect(context.active()).toBe(ROOT_CONTEXT)
    expect(await flush()).toEqual({ exported: 0, lost: 0, pending: 0 })
  })

  it('spans go to the provider of the application, if there is one', async () => {
    const exporter = application()
    await work.run()
    expect(chain(exporter.getFinishedSpans())).toEqual(['query < step', 'step < work', 'work < undefined'])
  })

  it('and disabled, they go nowhere', async () => {
    const exporter = application()
    init({ disabled: true })
    await flow('f', () => flow.step('s', () => 1)).run()
    expect(exporter.getFinishedSpans()).toEqual([])
  })
})
