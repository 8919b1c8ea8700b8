import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { currentRunId, flow, init, shutdown, UsageError } from '../index.ts'
import type { ReadableSpan } from '../spans/span.ts'
import { receive, record } from '../testing.ts'

const serve = flow('serve', () => flow.step('work', () => currentRunId()))

describe('flow.within', () => {
  it('a flow is a nested run of the sender’s run, in its trace, for its session, user and trial', async () => {
    await using recording = record()
    const experiment = { id: 'e', caseId: 'a case, with commas', trial: 2 }
    const call = flow('call', () =>
      flow.step('request', async () => {
        const carrier = JSON.parse(JSON.stringify(flow.context()))
        await flow.within(new Headers(carrier), () => serve.run())
      }),
    )
    await call.run(undefined, { session: 'sitz/1', user: 'Ädä', experiment })
    const [request, outer, inner] = [
      recording.only('request'),
      recording.only('call'),
      recording.only('serve'),
    ]
    expect(inner.parentSpanContext?.spanId).toBe(request.spanContext().spanId)
    expect(inner.spanContext().traceId).toBe(outer.spanContext().traceId)
    expect(inner.attributes).toMatchObject({
      'weir.run.parent_id': outer.attributes['weir.run.id'],
      'session.id': 'sitz/1',
      'user.id': 'Ädä',
      'weir.experiment.id': 'e',
      'weir.case.id': 'a case, with commas',
      'weir.trial': 2,
    })
    expect(inner.attributes['weir.run.id']).not.toBe(outer.attributes['weir.run.id'])
  })

  it('a step belongs to the sender’s run, which counts its own', async () => {
    await using recording = record()
    const carrier = await flow('call', () => flow.context()).run()
    await flow.within({ ...carrier }, () => flow.step('far', () => 1))
    const [run, step] = [recording.only('call'), recording.only('far')]
    expect(step.attributes).toMatchObject({
      'weir.run.id': run.attributes['weir.run.id'],
      'weir.flow.name': 'call',
    })
    expect(step.attributes).not.toHaveProperty(['weir.step.index'])
  })

  it('takes any headers, and leaves out what it does not understand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('traceparent', 'baggage', 'x'), fc.anything()),
        async (headers) => {
          expect(await flow.within(headers, () => serve.run())).toMatch(/^[0-9a-f]{32}$/)
        },
      ),
    )
    expect(
      flow.within({ traceparent: `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01` }, () => flow.context()),
    ).toEqual({})
    expect(() => flow.within(undefined as never, () => 1)).toThrow(UsageError)
  })

  it('says nothing where there is nothing to say', () => {
    expect(flow.context()).toEqual({})
  })
})

describe('requests of fetch', () => {
  afterEach(() => shutdown().then(() => {}))

  it('carry the run to the origins that were named, and nowhere else', async () => {
    const seen: unknown[] = []
    const server = createServer((request, response) => {
      seen.push(request.headers.traceparent, request.headers.baggage)
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const exporter = {
      export: (_: ReadableSpan[], done: (result: { code: number }) => void) => done({ code: 0 }),
      shutdown: async () => {},
    }
    const call = flow('call', () => flow.step('request', async () => void (await fetch(`${url}/x`))))
    init({ exporter, propagateTo: ['https://elsewhere.example'] })
    await call.run(undefined, { id: 'r' })
    await shutdown()
    init({ exporter, propagateTo: [`${url}/path`] })
    await call.run(undefined, { id: 'r' })
    server.close()
    expect(seen).toEqual([
      undefined,
      undefined,
      expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      'weir.run.id=r,weir.flow.name=call',
    ])
  })
})

it('a request that carries a trace already is sent with no second one, and a pattern matches every time', async () => {
  const seen: unknown[] = []
  const server = createServer((request, response) => {
    seen.push(request.headersDistinct.traceparent)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await using _ = record({}, { propagateTo: [/127\.0\.0\.1/g] })
  const theirs = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  await flow('call', async () => {
    await fetch(url, { headers: { TraceParent: theirs } })
    for (let n = 0; n < 3; n++) await fetch(url)
  }).run()
  server.close()
  const ours = [expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)]
  expect(seen).toEqual([[theirs], ours, ours, ours])
})

it('a worker thread goes on with the run', async () => {
  await using receiver = await receive()
  init({ endpoint: receiver.url })
  const index = new URL('../index.ts', import.meta.url).href
  const code = `
    import { workerData } from 'node:worker_threads'
    const { flow, init, shutdown } = await import(workerData.index)
    init({ endpoint: workerData.url })
    await flow.within(workerData.context, () => flow('inner', () => flow.step('deep', () => 1)).run())
    await shutdown()`
  const outer = flow('outer', () =>
    flow.step('thread', async () => {
      const workerData = { index, url: receiver.url, context: flow.context() }
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData })
      const [exitCode] = await once(worker, 'exit')
      expect(exitCode).toBe(0)
    }),
  )
  await outer.run()
  await shutdown()
  const spans = receiver.requests.flatMap((request) => request.spans)
  const named = (name: string) => spans.findLast((span) => span.name === name)!
  expect(named('inner').attributes['weir.run.parent_id']).toBe(named('outer').attributes['weir.run.id'])
  expect(named('inner').parentSpanId).toBe(named('thread').spanId)
  expect(named('deep').parentSpanId).toBe(named('inner').spanId)
})
