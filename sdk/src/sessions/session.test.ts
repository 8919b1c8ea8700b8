import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { flow, UsageError, withSession } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { record } from '../testing.ts'

const State = z.object({ count: z.number().default(0), names: z.array(z.string()).default([]) })

function chatFlow(store = memoryStore()) {
  return flow('chat', { store, state: State, input: z.string() }, async (name, { session }) => {
    expectTypeOf(await session!.state()).toEqualTypeOf<{ count: number; names: string[] }>()
    const { count } = await session!.update((state) => ({
      count: state.count + 1,
      names: [...state.names, name],
    }))
    return `${count}: ${name}`
  })
}

describe('a session', () => {
  it('keeps its state and its turns, and begins with what the schema makes of nothing', async () => {
    const chat = chatFlow()
    const session = chat.session('s')
    expect(await session.state()).toEqual({ count: 0, names: [] })
    expect(await chat.run('a', { session: 's' })).toBe('1: a')
    expect(await withSession('s', () => chat.run('b'))).toBe('2: b')
    expect(await withSession('s', () => chat.run('c', { session: 'other' }))).toBe('1: c')
    expect(await session.state()).toEqual({ count: 2, names: ['a', 'b'] })
    expect(await session.history()).toMatchObject([
      { number: 1, flow: 'chat', input: 'a', output: '1: a', state: { count: 1, names: ['a'] } },
      { number: 2, flow: 'chat', input: 'b', output: '2: b', state: { count: 2, names: ['a', 'b'] } },
    ])
    expect((await session.history({ turns: 1 })).map(({ number }) => number)).toEqual([2])
  })

  it('loses no change, whoever makes them at the same time', async () => {
    const chat = chatFlow()
    await Promise.all(Array.from({ length: 20 }, (_, n) => chat.run(String(n), { session: 's' })))
    const { count, names } = await chat.session('s').state()
    expect(count).toBe(20)
    expect(new Set(names).size).toBe(20)
    const turns = await chat.session('s').history({ turns: 50 })
    expect(turns.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
    expect(new Set(turns.map(({ runId }) => runId)).size).toBe(20)
  })

  it('branches from any of its turns', async () => {
    const chat = chatFlow()
    for (const name of ['a', 'b', 'c']) await chat.run(name, { session: 's' })
    const branch = await chat.session('s').branch('t', { turn: 1 })
    expect(await branch.state()).toEqual({ count: 1, names: ['a'] })
    expect(await chat.run('x', { session: 't' })).toBe('2: x')
    expect((await branch.history()).map(({ input }) => input)).toEqual(['a', 'x'])
    expect(await (await chat.session('s').branch('u', { turn: 0 })).state()).toEqual({ count: 0, names: [] })
    expect(await (await chat.session('s').branch('v')).state()).toMatchObject({ count: 3 })
    expect(await chat.session('s').state()).toMatchObject({ count: 3 })
    await expect(chat.session('s').branch('t')).rejects.toThrow('expected the id of a new session')
    expect((await branch.history()).map(({ input }) => input)).toEqual(['a', 'x'])
    await chat.run('y', { session: 't' })
    const third = await branch.branch('z', { turn: 2 })
    await chat.run('d', { session: 's' })
    await chat.run('e', { session: 'z' })
    expect((await third.history()).map(({ input }) => input)).toEqual(['a', 'x', 'e'])
    expect((await third.history({ turns: 2 })).map(({ input }) => input)).toEqual(['x', 'e'])
    expect(await (await third.branch('first', { turn: 1 })).state()).toEqual({ count: 1, names: ['a'] })
    await expect(chat.session('s').branch('w', { turn: 9 })).rejects.toThrow(
      'turn: expected a turn of session s',
    )
  })

  it('has a branch whole or not at all, wherever the store fails', async () => {
    const store = memoryStore()
    const chat = chatFlow(store)
    for (const name of ['a', 'b', 'c']) await chat.run(name, { session: 's' })
    let left = 0
    const failing = {
      ...store,
      put: async (...args: Parameters<typeof store.put>) => {
        if (left-- <= 0) throw new Error('connection lost')
        return store.put(...args)
      },
    }
    for (let writes = 0; writes < 5; writes++) {
      left = writes
      const branched = chatFlow(failing).session('s').branch(`t${writes}`)
      const isThere = await branched.then(
        () => true,
        () => false,
      )
      const history = await chat.session(`t${writes}`).history()
      expect(history.map(({ input }) => input)).toEqual(isThere ? ['a', 'b', 'c'] : [])
      if (!isThere) await chat.session('s').branch(`t${writes}`, { turn: 1 })
      await chat.run('x', { session: `t${writes}` })
      expect((await chat.session(`t${writes}`).history()).map(({ input }) => input)).toEqual(
        isThere ? ['a', 'b', 'c', 'x'] : ['a', 'x'],
      )
    }
  })

  it('refuses a state that does not match, and what is no session', async () => {
    const chat = chatFlow()
    const session = chat.session('s')
    await expect(session.update(() => ({ count: 'x' }) as never)).rejects.toThrow(UsageError)
    await expect(session.update(() => ({ count: 1, names: [() => 1] }) as never)).rejects.toThrow(
      'state of session s',
    )
    expect(() => chat.session('')).toThrow(UsageError)
    expect(() => flow('plain', () => 1).session('s')).toThrow('expected a flow with a store')
    const strict = flow('strict', { store: memoryStore(), state: z.object({ n: z.number() }) }, () => 1)
    await expect(strict.session('s').state()).rejects.toThrow('expected a schema with defaults')
    await expect(session.history({ turns: 0 })).rejects.toThrow('turns: expected a whole number')
  })

  it('is changed once by a run that is executed again', async () => {
    const store = memoryStore()
    let isFirst = true
    const twice = flow('twice', { store, state: State }, async (_: undefined, { session, runId }) => {
      await session!.update((state) => ({ ...state, count: state.count + 1 }))
      await session!.update((state) => ({ ...state, count: state.count + 10 }))
      if (isFirst) {
        isFirst = false
        await new Promise(() => {})
      }
      return runId
    })
    void twice.run(undefined, { id: 'r', session: 's' })
    await expect.poll(() => twice.session('s').state()).toMatchObject({ count: 11 })
    await expect.poll(() => store.list('run/r/change/')).toHaveLength(2)
    for (let other = 0; other < 250; other++) {
      const once = flow('once', { store, state: State }, (_: undefined, { session }) =>
        session!.update((state) => state),
      )
      await once.run(undefined, { session: 's' })
    }
    const { changeRun } = await import('../durable/run-record.ts')
    await changeRun(store, 'r', (run) => ({ ...run, lease: { ...run.lease, expires: 0 } }))
    // As another process: this one does not know the run any more.
    const { resumeRuns } = await import('../index.ts')
    const { Dispatcher } = await import('../durable/dispatcher.ts')
    Dispatcher.of(store).forget('r')
    const { schedule } = await import('../durable/due.ts')
    await schedule(store, 'r', 0)
    const stop = resumeRuns([twice])
    expect(await twice.get('r').result()).toBe('r')
    await stop()
    expect(await twice.session('s').state()).toMatchObject({ count: 11 })
    const turns = await twice.session('s').history({ turns: 300 })
    expect(turns.filter((turn) => turn.flow === 'twice')).toHaveLength(1)
  })

  it('gives the last turns as a list would, whatever was asked', async () => {
    await using _ = record()
    const chat = chatFlow()
    const names = Array.from({ length: 12 }, (_, n) => String(n))
    for (const name of names) await chat.run(name, { session: 's' })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), async (turns) => {
        const history = await chat.session('s').history({ turns })
        expect(history.map(({ input }) => input)).toEqual(names.slice(-turns))
      }),
    )
  })
})
