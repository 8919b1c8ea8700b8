import { SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { flow, UsageError } from '../index.ts'
import { record } from '../testing.ts'

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('a step', () => {
  it('is a span below its run', async () => {
    await using recording = record()
    const research = flow('research', () =>
      flow.step('plan', ({ attempt, signal }) => ({ attempt, aborted: signal.aborted }), {
        input: 'why',
      }),
    )
    expect(await research.run()).toEqual({ attempt: 1, aborted: false })

    const run = recording.only('research')
    const step = recording.only('plan')
    expect(step.parentSpanContext?.spanId).toBe(run.spanContext().spanId)
    expect(step.attributes).toEqual({
      'weir.kind': 'step',
      'weir.run.id': run.attributes['weir.run.id'],
      'weir.flow.name': 'research',
      'weir.step.name': 'plan',
      'weir.step.index': 0,
      'weir.step.attempts': 1,
      'openinference.span.kind': 'CHAIN',
      'input.value': 'why',
      'input.mime_type': 'text/plain',
      'output.value': '{"attempt":1,"aborted":false}',
      'output.mime_type': 'application/json',
    })
  })

  it('counts its occurrences in the order of the calls, per label and per run', async () => {
    await using recording = record()
    const f = flow('f', async () => {
      await Promise.all([3, 2, 1].map((n) => flow.step('parallel', () => pause(n * 5), { key: `item-${n}` })))
      for (let n = 0; n < 2; n++) await flow.step('loop', () => {})
    })
    await Promise.all([f.run(), f.run()])

    for (const run of recording.named('f')) {
      const mine = recording.spans.filter(
        (span) => span.attributes['weir.run.id'] === run.attributes['weir.run.id'],
      )
      const executions = mine
        .filter((span) => span.attributes['weir.kind'] === 'step')
        .map(({ name, attributes }) => [name, attributes['weir.step.index'], attributes['weir.step.key']])
      expect(executions.sort()).toEqual([
        ['loop', 0, undefined],
        ['loop', 1, undefined],
        ['parallel', 0, 'item-3'],
        ['parallel', 1, 'item-2'],
        ['parallel', 2, 'item-1'],
      ])
    }
  })

  it('may hold steps', async () => {
    await using recording = record()
    const f = flow('f', () => flow.step('outer', () => flow.step('inner', () => 1)))
    await f.run()
    expect(recording.only('inner').parentSpanContext?.spanId).toBe(
      recording.only('outer').spanContext().spanId,
    )
  })

  it('belongs to the run that it is called in', async () => {
    await using recording = record()
    const inner = flow('inner', () => flow.step('work', () => 1))
    await flow('outer', async () => {
      await inner.run()
      await flow.step('rest', () => 1)
    }).run()
    expect(recording.only('work').attributes['weir.flow.name']).toBe('inner')
    expect(recording.only('rest').attributes['weir.flow.name']).toBe('outer')
  })

  it('works outside a run', async () => {
    await using recording = record()
    expect(await flow.step('alone', () => 5, { retry: { attempts: 1 } })).toBe(5)
    expect(recording.only('alone').attributes).not.toHaveProperty(['weir.run.id'])
    expect(recording.only('alone').attributes['weir.step.name']).toBe('alone')
  })

  it('records what was thrown and rethrows it unchanged', async () => {
    await using recording = record()
    const error = new TypeError('bad')
    const f = flow('f', () =>
      flow.step('fails', () => {
        throw error
      }),
    )
    await expect(f.run()).rejects.toBe(error)
    const step = recording.only('fails')
    expect(step.status).toEqual({ code: SpanStatusCode.ERROR, message: 'bad' })
    expect(step.attributes['error.type']).toBe('TypeError')
    expect(step.events.map((event) => event.name)).toEqual(['exception'])
    expect(step.attributes).not.toHaveProperty('output.value')
  })

  it('may swallow its error: the run is ok then', async () => {
    await using recording = record()
    const f = flow('f', () => flow.step('fails', () => Promise.reject(new Error('no'))).catch(() => 'saved'))
    expect(await f.run()).toBe('saved')
    expect(recording.only('f').attributes['weir.run.status']).toBe('ok')
    expect(recording.only('f').status.code).toBe(SpanStatusCode.UNSET)
  })
})

it.each([
  [{ retry: { attempts: 0 } }, 'retry.attempts: expected a whole number of 1 or more, got 0 (number)'],
  [
    { retry: { attempts: 2, backoff: 'fast' } },
    'retry.backoff: expected "linear" or "exponential", got "fast" (string)',
  ],
  [
    { retry: { attempts: 2, jitter: 2 } },
    'retry.jitter: expected true, false or a number from 0 to 1, got 2 (number)',
  ],
  [{ retry: { attempts: 2, delay: '5 weeks' } }, 'retry.delay: expected milliseconds or a duration'],
  [{ timeout: -1 }, 'timeout: expected milliseconds or a duration'],
  [{ fallback: 'x' }, 'fallback: expected a function, got "x" (string)'],
  [{ shouldRetry: 1 }, 'shouldRetry: expected a function, got 1 (number)'],
  [{ signal: {} }, 'signal: expected an AbortSignal, got an object (object)'],
  [{ key: 4 }, 'key: expected a string, got 4 (number)'],
  [{ retries: 3 }, 'step options: unknown option "retries", expected fallback, input, key, retry'],
  [{ retry: { attempts: 2, wait: 1 } }, 'retry: unknown option "wait", expected attempts, backoff'],
])('refuses the options %j', async (options, message) => {
  let called = false
  const { step } = flow
  const call = step('s', () => (called = true), options as never)
  await expect(call).rejects.toThrow(UsageError)
  await expect(call).rejects.toThrow(message)
  expect(called).toBe(false)
})

it('an idempotency key is that of one execution, in each of its attempts', async () => {
  const keys: string[] = []
  const note = ({ idempotencyKey, attempt }: { idempotencyKey: string; attempt: number }) => {
    keys.push(idempotencyKey)
    if (attempt === 1) throw new Error('again')
  }
  const { step } = flow
  const retry = { attempts: 2 }
  const all = flow('f', async () => {
    for (const key of [undefined, undefined, '0', '0', 'a/1', 'a'])
      await step('charge', note, { retry, ...(key === undefined ? {} : { key }) })
    await flow.all({ a: () => step('charge', note, { retry }), b: () => step('charge', note, { retry }) })
    await flow.map(['x', 'x'], () => step('charge', note, { retry }), { key: (item) => item })
  })
  await all.run(undefined, { id: 'r/1' })
  await all.run(undefined, { id: 'r' })
  await step('charge', note, { retry })
  await step('charge', note, { retry })
  expect(keys.every((key) => keys.filter((other) => other === key).length === 2)).toBe(true)
  expect(keys[0]).toBe('r%2F1/charge/0')
})
