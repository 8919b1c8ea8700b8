import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { currentRunId, FlowValidationError, flow, newRunId, UsageError, withSession } from '../index.ts'
import { record } from '../testing.ts'

describe('a run', () => {
  it('is a span with the identity, the input and the output of the run', async () => {
    await using recording = record()
    const greet = flow('greet', { version: '1.2' }, async (input: { name: string }) => `Hello ${input.name}`)

    expect(await greet.run({ name: 'Ada' }, { session: 's1', user: 'u1', metadata: { tier: 'gold' } })).toBe(
      'Hello Ada',
    )

    const span = recording.only('greet')
    expect(span.attributes).toEqual({
      'weir.kind': 'flow',
      'weir.run.id': span.spanContext().traceId,
      'weir.run.status': 'ok',
      'weir.run.steps': 0,
      'weir.run.metadata': '{"tier":"gold"}',
      'weir.flow.name': 'greet',
      'weir.flow.version': '1.2',
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.workflow.name': 'greet',
      'openinference.span.kind': 'CHAIN',
      'session.id': 's1',
      'gen_ai.conversation.id': 's1',
      'user.id': 'u1',
      'input.value': '{"name":"Ada"}',
      'input.mime_type': 'application/json',
      'output.value': 'Hello Ada',
      'output.mime_type': 'text/plain',
    })
    expect(span.resource.attributes['service.name']).toBe('test')
  })

  it('records what the handler threw and rethrows that very object', async () => {
    await using recording = record()
    const error = new RangeError('out of bounds', { cause: new Error('the index') })
    const failing = flow('failing', () => {
      throw error
    })

    await expect(failing.run()).rejects.toBe(error)

    const span = recording.only('failing')
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'out of bounds' })
    expect(span.attributes).toMatchObject({ 'weir.run.status': 'error', 'error.type': 'RangeError' })
    expect(span.events[0]?.attributes).toMatchObject({
      'exception.type': 'RangeError',
      'exception.message': 'out of bounds',
      'exception.stacktrace': expect.stringMatching(
        /RangeError: out of bounds\n {4}at [\s\S]*Caused by: Error: the index/,
      ),
    })
  })

  it.each([
    ['a string', 'no', 'string', 'no'],
    ['undefined', undefined, 'undefined', 'undefined'],
    [
      'a system error',
      Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
      'refused',
    ],
    ['a plain object', { reason: 'x' }, 'object', '{"reason":"x"}'],
    ['a hostile proxy', new Proxy({}, { get: () => (0n as never) + 1 }), 'object', undefined],
    ['a long message', new Error(`${'a'.repeat(4_095)}😀`), 'Error', 'a'.repeat(4_095)],
  ])('records %s that was thrown', async (_, thrown, type, message) => {
    await using recording = record()
    const failing = flow('failing', () => {
      throw thrown
    })
    const rejection = await failing.run().then(
      () => ['resolved'],
      (error: unknown) => [error],
    )
    expect(rejection[0]).toBe(thrown)
    expect(recording.only('failing').attributes['error.type']).toBe(type)
    if (message !== undefined) expect(recording.only('failing').status.message).toBe(message)
  })

  it('that its own signal ended is cancelled and has no error', async () => {
    await using recording = record()
    const stopped = flow('stopped', () => flow.step('never', () => new Promise(() => {})))
    await expect(stopped.run(undefined, { signal: AbortSignal.abort() })).rejects.toThrow(DOMException)
    const span = recording.only('stopped')
    expect(span.attributes['weir.run.status']).toBe('cancelled')
    expect(span.status.code).toBe(SpanStatusCode.UNSET)
    expect(span.events).toEqual([])
  })

  it('takes the run id and the experiment that it is given', async () => {
    await using recording = record()
    const runId = newRunId()
    const inner = flow('inner', () => currentRunId())
    const outer = flow('outer', () => inner.run())
    const experiment = { id: 'e1', caseId: 'c1', trial: 2 }
    const innerId = await outer.run(undefined, { id: runId, experiment })

    const marks = { 'weir.experiment.id': 'e1', 'weir.case.id': 'c1', 'weir.trial': 2 }
    expect(recording.only('outer').attributes).toMatchObject({ 'weir.run.id': runId, ...marks })
    expect(recording.only('inner').attributes).toMatchObject({ 'weir.run.id': innerId, ...marks })
  })
})

describe('a nested run', () => {
  it('has an id of its own, names its parent and inherits session and user', async () => {
    await using recording = record()
    const child = flow('child', (n: number) => flow.step('work', () => n + 1))
    const parent = flow('parent', () => Promise.all([child.run(1), child.run(2)]))

    await withSession('visit', () => parent.run(undefined, { user: 'u' }))

    const top = recording.only('parent')
    const children = recording.named('child')
    const ids = children.map((span) => span.attributes['weir.run.id'])
    expect(new Set([top.attributes['weir.run.id'], ...ids]).size).toBe(3)
    for (const span of children) {
      expect(span.parentSpanContext?.spanId).toBe(top.spanContext().spanId)
      expect(span.attributes).toMatchObject({
        'weir.run.parent_id': top.attributes['weir.run.id'],
        'session.id': 'visit',
        'user.id': 'u',
      })
    }
    for (const span of recording.named('work')) {
      expect(span.attributes['weir.step.index']).toBe(0)
      expect(ids).toContain(span.attributes['weir.run.id'])
    }
  })

  it('gets an id of its own too when another span is around it', async () => {
    await using recording = record()
    const twice = flow('twice', () => currentRunId())
    const request = trace.getTracer('app').startSpan('request')
    const [first, second] = await context.with(trace.setSpan(context.active(), request), async () => [
      await twice.run(),
      await twice.run(),
    ])
    request.end()
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(second).not.toBe(first)
    expect(recording.named('twice').map((span) => span.spanContext().traceId)).toEqual([
      request.spanContext().traceId,
      request.spanContext().traceId,
    ])
  })
})

describe('schemas', () => {
  const input = z.object({ query: z.string(), limit: z.coerce.number().default(10) })
  const output = z.object({ hits: z.array(z.string()).transform((hits) => hits.length) })

  it('convert input and output', async () => {
    await using recording = record()
    const search = flow('search', { input, output }, ({ query, limit }) => ({
      hits: [query, String(limit + 1)],
    }))
    expect(await search.run({ query: 'a', limit: '4' })).toEqual({ hits: 2 })
    expect(recording.only('search').attributes['input.value']).toBe('{"query":"a","limit":"4"}')
    expect(recording.only('search').attributes['output.value']).toBe('{"hits":["a","5"]}')
  })

  it('make a wrong input a run with status error', async () => {
    await using recording = record()
    const search = flow('search', { input }, () => 1)
    const failure = await search.run({ query: 7 } as never).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(FlowValidationError)
    expect(failure).toMatchObject({ code: 'FLOW_VALIDATION', flow: 'search', side: 'input' })
    expect((failure as Error).message).toMatchInlineSnapshot(`
      "The input of flow "search" does not match its schema:
        ✖ query: Invalid input: expected string, received number"
    `)
    const span = recording.only('search')
    expect(span.attributes).toMatchObject({
      'weir.run.status': 'error',
      'error.type': 'FlowValidationError',
      'input.value': '{"query":7}',
    })
  })

  it('make a wrong output a run with status error that shows the output', async () => {
    await using recording = record()
    const search = flow('search', { output }, () => ({ hits: 3 }) as never)
    await expect(search.run()).rejects.toThrow('The output of flow "search"')
    expect(recording.only('search').attributes).toMatchObject({
      'weir.run.status': 'error',
      'output.value': '{"hits":3}',
    })
  })

  it('may be asynchronous', async () => {
    await using recording = record()
    const even = z.number().refine(async (n) => n % 2 === 0, 'must be even')
    const half = flow('half', { input: even }, (n) => n / 2)
    expect(await half.run(4)).toBe(2)
    await expect(half.run(3)).rejects.toThrow('✖ must be even')
    expect(recording.named('half')).toHaveLength(2)
  })
})

describe('a wrong definition or option', () => {
  it.each([
    ['an empty name', () => flow('', () => 1), /flow name: expected a non-empty string, got "" \(string\)/],
    [
      'no handler',
      () => flow('x', {}, 3 as never),
      /handler of flow "x": expected a function, got 3 \(number\)/,
    ],
    [
      'no schema',
      () => flow('x', { input: {} as never }, () => 1),
      /input: expected a zod or other Standard Schema/,
    ],
    ['no session', () => withSession('', () => 1), /withSession: expected a session id/],
  ])('%s is refused at once', (_, define, message) => {
    expect(define).toThrow(UsageError)
    expect(define).toThrow(message)
  })

  it('for a run rejects', async () => {
    await expect(flow('x', () => 1).run(undefined, { session: 7 as never })).rejects.toThrow(
      'session: expected a non-empty string, got 7 (number)',
    )
  })
})
