import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import * as otherApi from 'api-1.9.0'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { currentRunId, flow, init, shutdown, withSession } from '../index.ts'

const API = Symbol.for('opentelemetry.js.api.1')
const globals = globalThis as { [API]?: { version: string } }
const said = vi.spyOn(console, 'warn').mockImplementation(() => {})

beforeEach(() => {
  delete globals[API]
})
afterEach(async () => {
  await shutdown()
  delete globals[API]
})

const pause = () => new Promise((resolve) => setTimeout(resolve, 1))
const work = flow('work', async () => {
  await flow.step('outer', async () => {
    await pause()
    await flow.step('inner', pause)
  })
  trace.getTracer('app').startActiveSpan('query', (span) => span.end())
  return currentRunId()
})

function started(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter()
  init({ exporter })
  return exporter
}

/** `name < parent` of each span, and how many traces and runs they make. */
function shape(exporter: InMemorySpanExporter) {
  const spans = exporter.getFinishedSpans()
  const ours = spans.filter(({ attributes }) => attributes['weir.kind'] !== undefined)
  return {
    spans: ours.map(({ name, parentSpanContext }) => {
      const parent = spans.find((span) => span.spanContext().spanId === parentSpanContext?.spanId)
      return `${name} < ${parent?.name}`
    }),
    traces: new Set(ours.map((span) => span.spanContext().traceId)).size,
    runs: new Set(ours.map(({ attributes }) => attributes['weir.run.id'])).size,
  }
}

const ONE_RUN = {
  spans: ['inner < outer', 'outer < work', 'work < undefined'],
  traces: 1,
  runs: 1,
}

describe('beside another version of @opentelemetry/api', () => {
  it('that was loaded first, the steps belong to their run, and it is said what does not work', async () => {
    otherApi.diag.setLogger(new otherApi.DiagConsoleLogger(), otherApi.DiagLogLevel.NONE)
    expect(globals[API]?.version).toBe('1.9.0')
    const exporter = started()
    await work.run()
    expect(shape(exporter)).toEqual(ONE_RUN)
    expect(said.mock.calls.flat()).toEqual([expect.stringContaining('another version of @opentelemetry/api')])
  })

  it('that was loaded first, with a provider and a context manager, the run is part of its trace', async () => {
    const exporter = new InMemorySpanExporter()
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
    otherApi.trace.setGlobalTracerProvider(provider)
    otherApi.context.setGlobalContextManager(new AsyncLocalStorageContextManager())
    started()
    await otherApi.trace.getTracer('app').startActiveSpan('request', async (span) => {
      await work.run()
      span.end()
    })
    expect(shape(exporter)).toEqual({
      ...ONE_RUN,
      spans: [...ONE_RUN.spans.slice(0, 2), 'work < request'],
    })
    const query = exporter.getFinishedSpans().find(({ name }) => name === 'query')
    expect(query?.parentSpanContext?.spanId).toBe(
      exporter
        .getFinishedSpans()
        .find(({ name }) => name === 'work')
        ?.spanContext().spanId,
    )
  })

  it('that is loaded afterwards, nothing changes', async () => {
    const exporter = started()
    otherApi.diag.setLogger(new otherApi.DiagConsoleLogger(), otherApi.DiagLogLevel.NONE)
    otherApi.context.setGlobalContextManager(new AsyncLocalStorageContextManager())
    await work.run()
    expect(shape(exporter)).toEqual(ONE_RUN)
  })

  it('that is too old to be read, the steps belong to their run', async () => {
    globals[API] = { version: '1.8.0' }
    const exporter = started()
    await work.run()
    expect(shape(exporter)).toEqual(ONE_RUN)
  })
})

describe('in a run', () => {
  it('an application that leaves OpenTelemetry’s context does not leave the run', async () => {
    const exporter = started()
    const leaving = flow('leaving', () => context.with(ROOT_CONTEXT, () => flow.step('step', () => 1)))
    await leaving.run()
    expect(shape(exporter)).toEqual({ spans: ['step < leaving', 'leaving < undefined'], traces: 1, runs: 1 })
  })

  it('a step below another trace stays a step of the run', async () => {
    const exporter = started()
    const remote = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1, isRemote: true }
    await flow('f', () =>
      context.with(trace.setSpanContext(ROOT_CONTEXT, remote), () => flow.step('step', () => 1)),
    ).run()
    const [step, run] = exporter.getFinishedSpans()
    expect(step?.parentSpanContext).toEqual(remote)
    expect(step?.attributes['weir.run.id']).toBe(run?.attributes['weir.run.id'])
  })

  it('a nested run has the session of its run, not the one around both', async () => {
    const exporter = started()
    const inner = flow('inner', () => 1)
    await withSession('around', () => flow('outer', () => inner.run()).run(undefined, { session: 'own' }))
    expect(exporter.getFinishedSpans().map(({ attributes }) => attributes['session.id'])).toEqual([
      'own',
      'own',
    ])
  })

  it('knows the run even where nothing is recorded', async () => {
    expect(await work.run()).toMatch(/^[0-9a-f]{32}$/)
    expect(currentRunId()).toBeUndefined()
  })

  it('a second copy of the package knows it', async () => {
    vi.resetModules()
    const copy = await import('../index.ts')
    expect(copy.flow).not.toBe(flow)
    const exporter = started()
    await flow('f', () => copy.flow.step('step', () => 1)).run()
    expect(shape(exporter)).toEqual({ spans: ['step < f', 'f < undefined'], traces: 1, runs: 1 })
  })
})
