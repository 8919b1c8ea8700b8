import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  FlowValidationError,
  flow,
  NotStorableError,
  RunTimeoutError,
  resumeRuns,
  signal,
  TerminalError,
  UsageError,
  WaitTimeoutError,
} from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { record } from '../testing.ts'
import { Dispatcher } from './dispatcher.ts'
import { schedule } from './due.ts'
import { changeRun } from './run-record.ts'

const approval = signal('approval', z.object({ by: z.string() }))
const status = (run: { status(): Promise<unknown> }) => expect.poll(run.status).toBeDefined()

/** A flow that waits in the middle, and how often each step was executed. */
function payment() {
  const calls: string[] = []
  const pay = flow('pay', { store: memoryStore(), version: '1' }, async (amount: number) => {
    const order = await flow.step('reserve', ({ idempotencyKey }) => {
      calls.push(`reserve ${idempotencyKey.split('/').slice(1).join('/')}`)
      return { amount, at: new Date(0) }
    })
    const { by } = await flow.wait(approval)
    return flow.step('charge', () => {
      calls.push(`charge ${order.at.getTime()}`)
      return `${amount} approved by ${by}`
    })
  })
  return { pay, calls }
}

describe('a run with a store', () => {
  it('is suspended while it waits, and goes on where it stands when the signal comes', async () => {
    await using recording = record()
    const { pay, calls } = payment()
    const run = pay.start(5, { session: 's', user: 'u', metadata: { plan: 'gold' } })
    const stored = pay.get(run.id)
    await expect.poll(stored.status).toBe('suspended')
    expect(await stored.record()).toMatchObject({
      flow: 'pay',
      version: '1',
      input: 5,
      session: 's',
      user: 'u',
    })
    expect((await stored.steps()).map(({ step }) => step.label)).toEqual(['reserve'])
    await stored.signal(approval, { by: 'Ada' })
    expect(await run.result).toBe('5 approved by Ada')
    expect(await stored.result()).toBe('5 approved by Ada')
    expect(await stored.status()).toBe('ok')
    expect(calls).toEqual(['reserve reserve/0', 'charge 0'])
    const [first, last] = recording.named('pay')
    expect(first?.attributes).toMatchObject({
      'weir.run.id': run.id,
      'weir.run.status': 'suspended',
      'input.value': '5',
    })
    expect(last?.attributes).toMatchObject({
      'weir.run.id': run.id,
      'weir.run.status': 'ok',
      'session.id': 's',
    })
    expect(last?.parentSpanContext?.spanId).toBe(first?.spanContext().spanId)
    expect(recording.only('charge').parentSpanContext?.spanId).toBe(last?.spanContext().spanId)
  })

  it('keeps a signal that comes before its wait, and refuses what does not match', async () => {
    const { pay } = payment()
    const run = pay.start(5)
    const stored = pay.get(run.id)
    await status(stored)
    await expect(stored.signal(approval, { by: 7 as never })).rejects.toThrow(FlowValidationError)
    await stored.signal(approval, { by: 'Ada' }, { id: 'same' })
    await stored.signal(approval, { by: 'Ada' }, { id: 'same' })
    expect(await run.result).toBe('5 approved by Ada')
    await expect(stored.signal(approval, { by: 'late' })).rejects.toThrow('is over (ok)')
    await expect(pay.get('nobody').signal(approval, { by: 'x' })).rejects.toThrow(UsageError)
    expect(await pay.get('nobody').status()).toBeUndefined()
  })

  it('with an idempotency key is one run', async () => {
    const { pay, calls } = payment()
    const runs = [pay.run(5, { idempotencyKey: 'k' }), pay.run(5, { idempotencyKey: 'k' })]
    const started = pay.start(5, { idempotencyKey: 'k' })
    await status(pay.get(started.id))
    await pay.get(started.id).signal(approval, { by: 'Ada' })
    expect(await Promise.all([...runs, started.result])).toEqual(Array(3).fill('5 approved by Ada'))
    expect(await pay.run(6, { idempotencyKey: 'k' })).toBe('5 approved by Ada')
    expect(calls).toHaveLength(2)
    await expect(pay.run(5, { id: started.id })).rejects.toThrow('There is a run with the id')
  })

  it('can be cancelled while it waits', async () => {
    await using recording = record()
    const { pay, calls } = payment()
    const run = pay.start(5)
    await expect.poll(pay.get(run.id).status).toBe('suspended')
    await pay.get(run.id).cancel('changed my mind')
    await expect(run.result).rejects.toBe('changed my mind')
    expect(await pay.get(run.id).status()).toBe('cancelled')
    expect(recording.named('pay').at(-1)?.attributes['weir.run.status']).toBe('cancelled')
    expect(calls).toHaveLength(1)
  })

  it('sleeps, times out, and lets native races decide', async () => {
    const store = memoryStore()
    const never = signal('never')
    const sleepy = flow('sleepy', { store }, async () => {
      const began = Date.now()
      await flow.sleep(60)
      const slept = Date.now() - began
      const timedOut = await flow.wait(never, { timeout: 40 }).catch((error: unknown) => error)
      const race = await Promise.race([flow.wait(never, { key: 'race' }), flow.sleep(20).then(() => 'slept')])
      return { slept, timedOut, race }
    })
    const { slept, timedOut, race } = await sleepy.run()
    expect(slept).toBeGreaterThanOrEqual(59)
    expect(timedOut).toBeInstanceOf(WaitTimeoutError)
    expect(race).toBe('slept')
  })

  it('has several waits of one name, told apart by key; without one the first to wait is served first', async () => {
    const store = memoryStore()
    const answer = signal<string>('answer')
    const ask = flow('ask', { store }, async () => {
      const [a, b] = await Promise.all([flow.wait(answer, { key: 'a' }), flow.wait(answer, { key: 'b' })])
      const { c, d } = await flow.all({
        c: () => flow.wait(answer, { key: 'c' }),
        d: async () => `${await flow.step('read', () => 'read')} ${await flow.wait(answer, { key: 'd' })}`,
      })
      return [a, b, c, d]
    })
    const run = ask.start()
    const stored = ask.get(run.id)
    await status(stored)
    for (const key of ['d', 'c', 'b', 'a']) await stored.signal(answer, key, { key })
    expect(await run.result).toEqual(['a', 'b', 'c', 'read d'])
  })

  it('keeps nested runs too', async () => {
    const store = memoryStore()
    const calls: string[] = []
    const inner = flow('inner', async (name: string) => {
      await flow.step('work', () => calls.push(name))
      return name.toUpperCase()
    })
    const outer = flow('outer', { store }, async () => [await inner.run('a'), await inner.run('b')])
    const run = outer.start()
    expect(await run.result).toEqual(['A', 'B'])
    const ids = (await store.list('run/')).filter(({ key }) => key.endsWith('/record')).map(({ key }) => key)
    expect(ids).toHaveLength(3)
    expect(calls).toEqual(['a', 'b'])
  })

  it('fails with what cannot be kept', async () => {
    const store = memoryStore()
    const unkept = flow('unkept', { store }, () => flow.step('connect', () => ({ send() {} })))
    await expect(unkept.run()).rejects.toThrow(
      'The output of step "connect" cannot be stored: .send is a function',
    )
    const output = flow('output', { store }, () => () => 1)
    await expect(output.run()).rejects.toThrow(NotStorableError)
    const run = output.start()
    await run.result.catch(() => {})
    expect(await output.get(run.id).status()).toBe('error')
    await expect(flow('input', { store }, (_: unknown) => 1).run(() => 1)).rejects.toThrow(NotStorableError)
  })

  it('keeps the errors of steps: what was caught is caught again', async () => {
    const { pay } = payment()
    expect(await pay.get('x').status()).toBeUndefined()
    const store = memoryStore()
    let calls = 0
    const brave = flow('brave', { store }, async () => {
      const caught = await flow
        .step('fails', () => {
          calls += 1
          throw new RangeError('no')
        })
        .catch((error: Error) => `${error.name}: ${error.message}`)
      await flow.sleep(30)
      return caught
    })
    expect(await brave.run()).toBe('RangeError: no')
    expect(calls).toBe(1)
  })
})

describe('what a handler does twice is one', () => {
  it('runs that it starts, errors that it asks for, and keys that look alike', async () => {
    const store = memoryStore()
    let begun = 0
    const inner = flow('inner', async () => {
      begun += 1
      await flow.step('refuse', () => {
        throw new TerminalError('no')
      })
    })
    const seen: unknown[] = []
    const outer = flow('outer', { store }, async () => {
      const handle = inner.start()
      const error = await handle.result.catch((thrown: unknown) => thrown)
      seen.push([handle.id, error instanceof TerminalError])
      await flow.wait(signal('go'))
      return handle.id
    })
    const run = outer.start(undefined, { id: 'r' })
    await outer.get('r').signal(signal('other'), undefined)
    await expect.poll(outer.get('r').status).toBe('suspended')
    // As if the process had died: another one executes the handler again.
    Dispatcher.of(store).forget('r')
    const stop = resumeRuns([outer])
    const stopTwin = resumeRuns([outer])
    await stopTwin()
    await outer.get('r').signal(signal('go'), undefined)
    const id = await outer.get('r').result()
    await stop()
    expect(id).toBe('r/inner/0')
    expect(seen).toEqual([
      ['r/inner/0', true],
      ['r/inner/0', true],
    ])
    expect(begun).toBe(1)
    void run

    const [a, b] = [flow('a', { store }, () => 'a'), flow('a/b', { store }, () => 'b')]
    expect(await a.run(undefined, { idempotencyKey: 'b/c' })).toBe('a')
    expect(await b.run(undefined, { idempotencyKey: 'c' })).toBe('b')
  })

  it('the time that a run may take is the same in every process', async () => {
    const store = memoryStore()
    const slow = flow('slow', { store }, () => flow.wait(signal('never')))
    const run = slow.start(undefined, { id: 'r', timeout: 400 })
    await expect.poll(slow.get('r').status).toBe('suspended')
    Dispatcher.of(store).forget('r')
    await changeRun(store, 'r', (found) => ({ ...found, deadline: Date.now() + 50 }))
    await schedule(store, 'r', 0)
    const stop = resumeRuns([slow])
    await expect(slow.get('r').result()).rejects.toThrow(RunTimeoutError)
    await stop()
    await expect(run.result).rejects.toThrow(RunTimeoutError)
  })

  it('a run that is over can be deleted, and no other', async () => {
    const { pay } = payment()
    const run = pay.start(5)
    const stored = pay.get(run.id)
    await expect.poll(stored.status).toBe('suspended')
    await expect(stored.delete()).rejects.toThrow('only a run that is over can be deleted')
    await stored.signal(approval, { by: 'Ada' })
    await run.result
    await stored.delete()
    expect(await stored.status()).toBeUndefined()
    await expect(stored.delete()).rejects.toThrow('has no run')
  })
})

describe('outside of a run with a store', () => {
  it('a wait is refused in words, and a sleep sleeps', async () => {
    await expect(flow.wait(approval)).rejects.toThrow(
      'flow.wait("approval"): expected to be called by the handler',
    )
    const inStep = flow('f', { store: memoryStore() }, () => flow.step('s', () => flow.wait(approval)))
    await expect(inStep.run()).rejects.toThrow('not inside of a step')
    const began = performance.now()
    await flow('plain', () => flow.sleep(20)).run()
    expect(performance.now() - began).toBeGreaterThanOrEqual(19)
    expect(() => flow('plain', () => 1).get('x')).toThrow(UsageError)
    expect(() => resumeRuns([flow('plain', () => 1)])).toThrow('got flow "plain" without one')
    expect(() => resumeRuns([{} as never])).toThrow(UsageError)
    await expect(flow.sleep('x' as never)).rejects.toThrow('flow.sleep: expected milliseconds or a duration')
    const long = flow('long', () => flow.sleep('30d'))
    const sleeping = long.run(undefined, { timeout: 50 })
    await expect(sleeping).rejects.toThrow('did not finish within its timeout')
    await pause(1)
  })
})
