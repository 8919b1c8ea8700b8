import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { flow, resumeRuns, signal } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'

const MINUTE = 60_000
const go = signal('go')
const keysOf = async (store: Store) => (await store.list('')).map(({ key }) => key)

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())
const advance = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds)

it('a run is kept for its retention, and then removed with the runs nested in it', async () => {
  const store = memoryStore()
  const inner = flow('inner', () => flow.step('deep', () => 1))
  const outer = flow('outer', { store, retention: '2m' }, async () => {
    await flow.step('first', () => 1)
    return inner.run()
  })
  const forever = flow('for ever', { store }, () => 1)
  await outer.run(undefined, { id: 'r' })
  await forever.run(undefined, { id: 'kept' })
  const stop = resumeRuns([outer, forever])
  advance(MINUTE)
  await vi.waitFor(async () =>
    expect((await keysOf(store)).filter((key) => key.startsWith('due/'))).toHaveLength(1),
  )
  expect(await outer.get('r').status()).toBe('ok')
  advance(MINUTE + 1)
  await expect.poll(() => keysOf(store), { timeout: 5_000 }).toEqual(['run/kept/record'])
  await stop()
})

it('a run stays while one nested in it goes on', async () => {
  const store = memoryStore()
  const inner = flow('inner', { store, signals: [go] }, () => flow.wait(go))
  const outer = flow('outer', { store, retention: '1m' }, () => {
    void inner.run()
    return flow.step('a', () => 1)
  })
  await outer.run(undefined, { id: 'r' })
  await expect.poll(() => inner.get('r/inner/0').status()).toBe('suspended')
  await expect(outer.get('r').delete()).rejects.toThrow('run r/inner/0 is suspended: only a run that is over')
  const stop = resumeRuns([outer, inner])
  advance(MINUTE + 1)
  await expect.poll(async () => (await keysOf(store)).filter((key) => key.startsWith('due/')).length).toBe(1)
  expect(await outer.get('r').status()).toBe('ok')
  await inner.get('r/inner/0').signal(go, undefined)
  await expect.poll(() => inner.get('r/inner/0').status()).toBe('ok')
  advance(MINUTE + 1)
  await expect.poll(() => keysOf(store), { timeout: 5_000 }).toEqual([])
  await stop()
})

it('a run is removed although its process died as it had ended', async () => {
  const store = memoryStore()
  const dying: Store = {
    ...store,
    put: async (key, value, version) => {
      if (key.endsWith('/retention')) throw new Error('connection lost')
      return store.put(key, value, version)
    },
  }
  const define = (kept: Store) => flow('quick', { store: kept, retention: '1m' }, () => 'done')
  expect(await define(dying).run(undefined, { id: 'r' })).toBe('done')
  const stop = resumeRuns([define(store)])
  advance(MINUTE + 1)
  await expect.poll(() => keysOf(store), { timeout: 5_000 }).toEqual([])
  await stop()
})

it('a run that has the id of one that was deleted finds nothing of it, nor of its nested runs', async () => {
  let times = 0
  const inner = flow('inner', () => ++times)
  const outer = flow('outer', { store: memoryStore() }, () => inner.run())
  expect(await outer.run(undefined, { id: 'r' })).toBe(1)
  await outer.get('r').delete()
  expect(await outer.run(undefined, { id: 'r' })).toBe(2)
})

it('so it does of its session: it changes the state again, and is a turn of its own', async () => {
  const state = z.object({ count: z.number().default(0) })
  const counted = flow('counted', { store: memoryStore(), state }, async (_: undefined, { session }) =>
    session!.update(({ count }) => ({ count: count + 1 })),
  )
  for (const count of [1, 2]) {
    expect(await counted.run(undefined, { id: 'r', session: 's' })).toEqual({ count })
    await counted.get('r').delete()
  }
  expect(await counted.session('s').history()).toMatchObject([
    { number: 1, runId: 'r', output: { count: 1 } },
    { number: 2, runId: 'r', output: { count: 2 } },
  ])
})

it.each(['soon', '30s', -1])('a retention of %j is refused', (retention) => {
  expect(() => flow('f', { store: memoryStore(), retention: retention as '30s' }, String)).toThrow(
    /^retention: expected/,
  )
  expect(() => flow('f', { retention: '30d' }, String)).toThrow('store: expected a store to keep runs in')
})
