import { SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { FlowValidationError, flow, RunTimeoutError, StepTimeoutError, TerminalError } from '../index.ts'
import { record } from '../testing.ts'
import { delayAfter, toRetryPlan } from './retry.ts'

const { step } = flow
const never = () => new Promise<never>(() => {})

/** Fails with each error in turn, then gives the number of the attempt. */
function failing(...errors: unknown[]): (context: { attempt: number }) => number {
  return ({ attempt }) => {
    if (attempt <= errors.length) throw errors[attempt - 1]
    return attempt
  }
}

describe('retry', () => {
  it('tries until one succeeds; each of several tries is a span below the step', async () => {
    await using recording = record()
    expect(await step('s', failing(new Error('1'), new Error('2')), { retry: { attempts: 5 } })).toBe(3)

    const total = recording.only('s', 'step')
    expect(total.attributes).toMatchObject({ 'weir.step.attempts': 3, 'output.value': '3' })
    expect(total.status.code).toBe(SpanStatusCode.UNSET)
    expect(total.events).toEqual([])
    const tries = recording.named('s').filter((span) => span.attributes['weir.kind'] === 'attempt')
    expect(tries.map(({ attributes, status }) => [attributes['weir.step.attempt'], status.message])).toEqual([
      [1, '1'],
      [2, '2'],
      [3, undefined],
    ])
    for (const span of tries) expect(span.parentSpanContext?.spanId).toBe(total.spanContext().spanId)
  })

  it('gives up with the last error', async () => {
    await using recording = record()
    const last = new Error('second')
    await expect(step('s', failing(new Error('first'), last), { retry: { attempts: 2 } })).rejects.toBe(last)
    expect(recording.only('s', 'step').attributes['weir.step.attempts']).toBe(2)
    expect(recording.only('s', 'step').status.message).toBe('second')
  })

  it('asks shouldRetry, and not after the last try', async () => {
    await using recording = record()
    const asked: unknown[] = []
    const shouldRetry = async (error: unknown, attempt: number) => {
      asked.push([(error as Error).message, attempt])
      return attempt < 2
    }
    const work = failing(new Error('a'), new Error('b'), new Error('c'))
    await expect(step('s', work, { retry: { attempts: 9 }, shouldRetry })).rejects.toThrow('b')
    await expect(step('t', work, { retry: { attempts: 2 }, shouldRetry })).rejects.toThrow('b')
    expect(asked).toEqual([
      ['a', 1],
      ['b', 2],
      ['a', 1],
    ])
    expect(recording.only('s', 'step').attributes['weir.step.attempts']).toBe(2)
  })

  it('waits longer each time, up to the cap, less a random share', () => {
    const delays = (retry: object) => {
      const plan = toRetryPlan({ attempts: 9, delay: 100, ...retry })
      return [1, 2, 3, 4].map((failed) => delayAfter(plan, failed, 0.5))
    }
    expect(delays({})).toEqual([100, 100, 100, 100])
    expect(delays({ backoff: 'linear' })).toEqual([100, 200, 300, 400])
    expect(delays({ backoff: 'exponential' })).toEqual([100, 200, 400, 800])
    expect(delays({ backoff: 'exponential', maxDelay: '0.3s' })).toEqual([100, 200, 300, 300])
    expect(delays({ jitter: true })).toEqual([50, 50, 50, 50])
    expect(delays({ jitter: 0.2 })).toEqual([90, 90, 90, 90])
  })

  it('really waits', async () => {
    const begin = performance.now()
    await step('s', failing(1, 2), { retry: { attempts: 3, delay: '20ms', backoff: 'linear' } })
    expect(performance.now() - begin).toBeGreaterThanOrEqual(58)
  })
})

describe('fallback', () => {
  it('gives the output when no try is left: the step is ok and marked', async () => {
    await using recording = record()
    const error = new Error('down')
    const fallback = (got: unknown) => (got === error ? 'saved' : 'wrong error')
    expect(await step('s', failing(error, error), { retry: { attempts: 2 }, fallback })).toBe('saved')
    const span = recording.only('s', 'step')
    expect(span.attributes).toMatchObject({
      'weir.step.fallback': true,
      'weir.step.attempts': 2,
      'output.value': 'saved',
    })
    expect(span.attributes).not.toHaveProperty('error.type')
    expect(span.status.code).toBe(SpanStatusCode.UNSET)
    expect(span.events[0]?.attributes?.['exception.message']).toBe('down')
  })

  it('is not used after a success, and works without retry', async () => {
    await using recording = record()
    expect(await step('s', () => 1, { fallback: () => 2 })).toBe(1)
    expect(recording.only('s').attributes).not.toHaveProperty('weir.step.fallback')
    expect(await step('t', failing(new Error('x')), { fallback: async () => 2 })).toBe(2)
    expect(recording.named('t')).toHaveLength(1)
  })

  it('that fails makes its error the step’s', async () => {
    await using recording = record()
    const error = new Error('fallback failed')
    await expect(step('s', failing(new Error('x')), { fallback: () => Promise.reject(error) })).rejects.toBe(
      error,
    )
    expect(recording.only('s').status.message).toBe('fallback failed')
    const messages = recording.only('s').events.map((event) => event.attributes?.['exception.message'])
    expect(messages).toEqual(['x', 'fallback failed'])
    expect(recording.only('s').attributes).not.toHaveProperty('weir.step.fallback')
  })
})

describe('timeout', () => {
  it('fails the try and aborts its signal', async () => {
    await using recording = record()
    let seen: AbortSignal | undefined
    const work = ({ signal }: { signal: AbortSignal }) => {
      seen = signal
      return never()
    }
    const failure = await step('slow', work, { timeout: '10ms' }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(StepTimeoutError)
    expect(failure).toMatchObject({ code: 'STEP_TIMEOUT', step: 'slow', timeout: 10 })
    expect(seen?.reason).toBe(failure)
    expect(recording.only('slow').attributes['error.type']).toBe('StepTimeoutError')
  })

  it('counts for each try, and a late failure of the work is not heard', async () => {
    const work = ({ attempt, signal }: { attempt: number; signal: AbortSignal }) =>
      attempt === 1
        ? new Promise<number>((_, reject) =>
            signal.addEventListener('abort', () => reject(new Error('late'))),
          )
        : attempt
    expect(await step('s', work, { timeout: 10, retry: { attempts: 2 } })).toBe(2)
  })
})

describe('cancellation', () => {
  it('by the caller’s signal ends the step at once, without retry or fallback', async () => {
    await using recording = record()
    const controller = new AbortController()
    const options = { signal: controller.signal, retry: { attempts: 5 }, fallback: () => 'no' }
    const call = step('s', never, options)
    controller.abort('enough')
    await expect(call).rejects.toBe('enough')
    expect(recording.named('s')).toHaveLength(1)
    for (const span of recording.named('s')) {
      expect(span.attributes['weir.run.status']).toBe('cancelled')
      expect(span.status.code).toBe(SpanStatusCode.UNSET)
    }
  })

  it('ends a wait between tries, and a step whose signal has aborted never starts', async () => {
    const controller = new AbortController()
    const call = step('s', failing(1), { retry: { attempts: 2, delay: '1h' }, signal: controller.signal })
    setTimeout(() => controller.abort(), 5)
    await expect(call).rejects.toThrow(DOMException)
    let called = false
    const late = step('t', () => (called = true), { signal: controller.signal })
    await expect(late).rejects.toThrow(DOMException)
    expect(called).toBe(false)
  })

  it('an AbortError of the work itself, of which no signal knows, is a failure like any other', async () => {
    await using recording = record()
    const abort = new DOMException('its own time was up', 'AbortError')
    expect(await step('s', failing(abort, abort), { retry: { attempts: 3 } })).toBe(3)
    expect(await step('t', failing(abort), { fallback: () => 'saved' })).toBe('saved')
    await expect(step('u', failing(abort))).rejects.toBe(abort)
    const { attributes, status } = recording.only('u')
    expect(attributes).toMatchObject({ 'error.type': 'AbortError' })
    expect(attributes).not.toHaveProperty(['weir.run.status'])
    expect(status.code).toBe(SpanStatusCode.ERROR)
  })

  it('by the signal of the run stops a step that has none of its own, and what is in it', async () => {
    await using recording = record()
    const controller = new AbortController()
    const stopped: unknown[] = []
    const inner = flow('inner', (_, { signal }) => {
      signal.addEventListener('abort', () => stopped.push(signal.reason))
      return step('deep', never)
    })
    const outer = flow('outer', () => step('call', () => inner.run(), { retry: { attempts: 3 } }))
    const run = outer.run(undefined, { signal: controller.signal })
    controller.abort('enough')
    await expect(run).rejects.toBe('enough')
    expect(stopped).toEqual(['enough'])
    for (const name of ['outer', 'call', 'inner', 'deep']) {
      const { attributes, status } = recording.only(name)
      expect([name, attributes['weir.run.status'], status.code]).toEqual([
        name,
        'cancelled',
        SpanStatusCode.UNSET,
      ])
    }
  })

  it('by the timeout of the run is an error of the run, and a cancellation of its steps', async () => {
    await using recording = record()
    const slow = flow('slow', () => step('wait', never))
    const failure = await slow.run(undefined, { timeout: 10 }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(RunTimeoutError)
    expect(failure).toMatchObject({ code: 'RUN_TIMEOUT', flow: 'slow', timeout: 10 })
    expect(recording.only('wait').attributes['weir.run.status']).toBe('cancelled')
    expect(recording.only('slow').attributes).toMatchObject({
      'weir.run.status': 'error',
      'error.type': 'RunTimeoutError',
    })
  })

  it('by the timeout of an attempt stops the steps in it', async () => {
    await using recording = record()
    await expect(step('outer', () => step('inner', never), { timeout: 5 })).rejects.toThrow(StepTimeoutError)
    expect(recording.only('outer').attributes['error.type']).toBe('StepTimeoutError')
    expect(recording.only('inner').attributes['weir.run.status']).toBe('cancelled')
  })
})

it('what a guardrail decided is neither tried again nor replaced, unless shouldRetry says so', async () => {
  class Refused extends TerminalError {}
  const refused = new Refused('not allowed')
  let calls = 0
  const work = () => {
    calls += 1
    throw refused
  }
  const options = { retry: { attempts: 3 }, fallback: () => 'saved' }
  await expect(step('s', work, options)).rejects.toBe(refused)
  expect(calls).toBe(1)
  const schema = flow('checked', { input: z.string() }, (text) => text)
  await expect(step('t', () => schema.run(7 as never), options)).rejects.toThrow(FlowValidationError)
  expect(await step('u', work, { ...options, shouldRetry: () => true })).toBe('saved')
  expect(calls).toBe(4)
})
