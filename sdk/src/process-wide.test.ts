import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { afterEach, expect, it, vi } from 'vitest'
import { flow, shutdown, signal } from './index.ts'
import { memoryStore } from './stores/memory.ts'
import { record } from './testing.ts'

afterEach(async () => {
  await shutdown()
  trace.disable()
  context.disable()
})

it('a process goes on with runs of flows that another copy defined', async () => {
  vi.resetModules()
  const other = await import('./index.ts')
  const store = memoryStore()
  const approval = flow('approval', { store }, () => flow.wait(signal('approved')))
  const handle = approval.start()
  const stop = other.resumeRuns([approval])
  await approval.get(handle.id).signal(signal('approved'), 'yes')
  expect(await handle.result).toBe('yes')
  await stop()
})

it.each(['ours', 'the application’s'])(
  'two copies share runs, spans and delivery, with the context manager %s',
  async (whose) => {
    if (whose !== 'ours') context.setGlobalContextManager(new AsyncLocalStorageContextManager())
    vi.resetModules()
    const other = await import('./index.ts')
    expect(other.flow).not.toBe(flow)
    const recording = record()
    other.init({ serviceName: 'ignored: one is set up already' })
    await flow('outer', () =>
      trace.getTracer('library').startActiveSpan('library', async (span) => {
        await other.flow.step('step', () => other.flow('inner', () => flow.step('deep', () => 1)).run())
        span.end()
      }),
    ).run()
    const named = (id: string | undefined) =>
      recording.spans.find((span) => span.spanContext().spanId === id)?.name
    const tree = recording.spans.map(
      ({ name, parentSpanContext: parent }) => `${name} < ${named(parent?.spanId)}`,
    )
    expect(tree).toEqual([
      'deep < inner',
      'inner < step',
      'step < library',
      'library < outer',
      'outer < undefined',
    ])
    expect(recording.only('step').attributes['weir.run.id']).toBe(
      recording.only('outer').attributes['weir.run.id'],
    )
    await other.shutdown()
    await flow('after', () => 1).run()
    expect(recording.named('after')).toEqual([])
  },
)
