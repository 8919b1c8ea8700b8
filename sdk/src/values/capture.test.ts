import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CaptureSource } from '../index.ts'
import { flow, traceTool } from '../index.ts'
import { record } from '../testing.ts'

const echo = flow('echo', (input: unknown) => flow.step('work', () => input, { input }))

describe('capture', () => {
  it('may be off, for inputs, outputs or both', async () => {
    for (const capture of [{ inputs: false }, { outputs: false }, { inputs: false, outputs: false }]) {
      await using recording = record(capture)
      await echo.run('secret')
      for (const { attributes } of recording.spans) {
        expect(attributes['input.value']).toBe(capture.inputs === false ? undefined : 'secret')
        expect(attributes['output.value']).toBe(capture.outputs === false ? undefined : 'secret')
      }
    }
  })

  it('cuts at maxLength', async () => {
    await using recording = record({ maxLength: 5 })
    await echo.run('123456789')
    const { attributes } = recording.only('echo')
    expect(attributes).toMatchObject({ 'input.value': '12345', 'weir.input.length': 9 })
    expect(attributes).toMatchObject({ 'output.value': '12345', 'weir.output.length': 9 })
    await echo.run('12345')
    expect(recording.spans.at(-1)!.attributes).not.toHaveProperty(['weir.input.length'])
  })

  it('forgets that an earlier output was cut', async () => {
    await using recording = record({ maxLength: 5 })
    await traceTool({ name: 'search' }, (span) => {
      span.setOutput('123456789')
      span.setOutput('1234')
    })
    expect(recording.only('execute_tool search').attributes).toMatchObject({
      'output.value': '1234',
      'weir.output.length': 0,
    })
  })

  it('records what the redaction hook gives instead', async () => {
    const seen: CaptureSource[] = []
    await using recording = record({
      redact: (value, source) => {
        seen.push(source)
        return source.kind === 'step' ? undefined : { ...(value as object), password: '***' }
      },
    })
    const input = { user: 'ada', password: 'hunter2' }
    expect(await echo.run(input)).toBe(input)
    expect(recording.only('echo').attributes['input.value']).toBe('{"user":"ada","password":"***"}')
    expect(recording.only('work').attributes).not.toHaveProperty('output.value')
    expect(seen).toEqual([
      { side: 'input', kind: 'flow', name: 'echo', flow: 'echo', path: [] },
      { side: 'input', kind: 'step', name: 'work', flow: 'echo', path: [] },
      { side: 'output', kind: 'step', name: 'work', flow: 'echo', path: [] },
      { side: 'output', kind: 'flow', name: 'echo', flow: 'echo', path: [] },
    ])
  })

  it('drops the value when the hook throws, and nothing else happens', async () => {
    await using recording = record({
      redact: () => {
        throw new Error('hook')
      },
    })
    expect(await echo.run('secret')).toBe('secret')
    for (const { attributes, events } of recording.spans) {
      expect(attributes['input.value']).toBe('[redaction failed]')
      expect(events).toEqual([])
    }
  })

  it('passes any value through unchanged', async () => {
    await using recording = record()
    const anything = fc.anything({
      withBigInt: true,
      withMap: true,
      withSet: true,
      withDate: true,
      withTypedArray: true,
    })
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        const before = recording.spans.length
        const box = { value }
        expect(await echo.run(box)).toBe(box)
        expect(recording.spans.slice(before).map((span) => span.status.code)).toEqual([0, 0])
      }),
    )
  })

  it('never changes what the application gets', async () => {
    await using recording = record()
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no')
        },
        ownKeys: () => {
          throw new Error('no')
        },
      },
    )
    // Returned inside an array: a promise would look for `then` on the proxy itself.
    const box = flow('box', () => [hostile])
    expect((await box.run())[0]).toBe(hostile)
    expect(recording.only('box').attributes['weir.run.status']).toBe('ok')
  })
})

describe('the redaction hook', () => {
  it('sees every text that the application gives: metadata, errors, keys, session and user, and where they belong', async () => {
    const seen: [string, string, string | undefined, readonly string[]][] = []
    await using recording = record({
      redact: (value, { side, name, key, path }) => {
        seen.push([side, name, key, path])
        return typeof value === 'string' ? value.replaceAll('secret', '***') : { hidden: true }
      },
    })
    const inner = flow('inner', () =>
      flow.step('outer', () =>
        flow.step(
          'fails',
          () => {
            throw new Error('the secret', { cause: new Error('another secret') })
          },
          { key: 'secret-7', retry: { attempts: 2 } },
        ),
      ),
    )
    const options = { session: 'secret-s', user: 'secret-u', metadata: { token: 'secret' } }
    await expect(inner.run(undefined, options)).rejects.toThrow('the secret')
    expect(
      JSON.stringify(recording.spans.map(({ attributes, events, status }) => [attributes, events, status])),
    ).not.toContain('secret')
    expect(recording.only('inner').attributes).toMatchObject({
      'session.id': '***-s',
      'user.id': '***-u',
      'weir.run.metadata': '{"hidden":true}',
    })
    expect(recording.only('fails', 'step').attributes['weir.step.key']).toBe('***-7')
    expect(new Set(seen.map(([side]) => side))).toEqual(
      new Set(['metadata', 'session', 'user', 'key', 'error']),
    )
    expect(seen).toContainEqual(['error', 'fails', 'secret-7', ['outer']])
  })

  it('that leaves out a message or a user leaves them out', async () => {
    await using recording = record({
      redact: (value, { side }) => (side === 'error' || side === 'user' ? undefined : value),
    })
    const failing = flow('failing', () => Promise.reject(new Error('secret')))
    await expect(failing.run(undefined, { user: 'ada', session: 's' })).rejects.toThrow('secret')
    const { attributes, status, events } = recording.only('failing')
    expect(attributes).toMatchObject({ 'error.type': 'Error', 'session.id': 's' })
    expect(attributes).not.toHaveProperty(['user.id'])
    expect([status.message, events[0]?.attributes]).toEqual([undefined, { 'exception.type': 'Error' }])
  })
})

describe('an error', () => {
  class NotFound extends Error {}
  it.each([
    ['of a class that gives it no name', new NotFound('no'), 'NotFound', 'no'],
    ['with a name of its own', Object.assign(new NotFound('no'), { name: 'Missing' }), 'Missing', 'no'],
    [
      'that aggregates others',
      new AggregateError([new Error('a'), new TypeError('b')]),
      'AggregateError',
      'a; b',
    ],
    [
      'that aggregates others and says why',
      new AggregateError([new Error('a')], 'all'),
      'AggregateError',
      'all',
    ],
  ])('%s', async (_, error, type, message) => {
    await using recording = record()
    await expect(flow.step('s', () => Promise.reject(error))).rejects.toBe(error)
    const { attributes, status, events } = recording.only('s')
    expect([attributes['error.type'], status.message]).toEqual([type, message])
    if (!(error instanceof AggregateError)) return
    for (const one of error.errors)
      expect(events[0]?.attributes?.['exception.stacktrace']).toContain(`One of its errors: ${one}`)
  })
})
