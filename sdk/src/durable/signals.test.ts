import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { sendSignal, sleep, takeSignal } from './signals.ts'
import { allDue } from './testing.ts'

const waiting = { status: 'waiting', deadline: undefined }

test('a signal is kept for its wait, and is taken once', async () => {
  const store = memoryStore()
  await sendSignal(store, 'r', { name: 'approve', value: { by: 'ada', at: new Date(1) } }, 5)
  const taken = { status: 'received', value: { by: 'ada', at: new Date(1) } }
  expect(await takeSignal(store, 'r', { name: 'approve', occurrence: 0 }, 6)).toEqual(taken)
  expect(await takeSignal(store, 'r', { name: 'approve', occurrence: 0 }, 7)).toEqual(taken)
  expect(await takeSignal(store, 'r', { name: 'approve', occurrence: 1 }, 8)).toEqual(waiting)
  expect(await takeSignal(store, 'other', { name: 'approve', occurrence: 0 }, 8)).toEqual(waiting)
})

test('signals are taken in the order in which they were sent', async () => {
  const store = memoryStore()
  const values = Array.from({ length: 120 }, (_, index) => index)
  for (const value of values) await sendSignal(store, 'r', { name: 'a', value }, 5)
  for (const value of values) {
    expect(await takeSignal(store, 'r', { name: 'a', occurrence: value }, 6)).toMatchObject({ value })
  }
})

test('waits of one name differ by key', async () => {
  const store = memoryStore()
  await sendSignal(store, 'r', { name: 'a', key: 'x/1', value: 1 }, 5)
  await sendSignal(store, 'r', { name: 'a', key: '', value: 2 }, 5)
  expect(await takeSignal(store, 'r', { name: 'a', occurrence: 0 }, 6)).toEqual(waiting)
  expect(await takeSignal(store, 'r', { name: 'a', key: '', occurrence: 0 }, 6)).toMatchObject({ value: 2 })
  expect(await takeSignal(store, 'r', { name: 'a', key: 'x/1', occurrence: 0 }, 6)).toMatchObject({
    value: 1,
  })
})

test('the same id is the same signal, before and after it was taken', async () => {
  const store = memoryStore()
  const send = (value: number, id: string) => sendSignal(store, 'r', { name: 'a', value, id }, 5)
  await send(1, 'x')
  await send(2, 'x')
  expect(await takeSignal(store, 'r', { name: 'a', occurrence: 0 }, 6)).toMatchObject({ value: 1 })
  await send(3, 'x')
  expect(await takeSignal(store, 'r', { name: 'a', occurrence: 1 }, 6)).toEqual(waiting)
  await send(4, 'y')
  expect(await takeSignal(store, 'r', { name: 'a', occurrence: 1 }, 6)).toMatchObject({ value: 4 })
})

test('a wait times out for good, and leaves the signal to the next one', async () => {
  const store = memoryStore()
  const wait = { name: 'a', occurrence: 0, timeout: 10 }
  expect(await takeSignal(store, 'r', wait, 100)).toEqual({ status: 'waiting', deadline: 110 })
  expect(await takeSignal(store, 'r', { ...wait, timeout: 99 }, 109)).toEqual({
    status: 'waiting',
    deadline: 110,
  })
  expect(await takeSignal(store, 'r', wait, 110)).toEqual({ status: 'timedOut' })
  await sendSignal(store, 'r', { name: 'a', value: 1 }, 111)
  expect(await takeSignal(store, 'r', wait, 112)).toEqual({ status: 'timedOut' })
  expect(await takeSignal(store, 'r', { name: 'a', occurrence: 1 }, 113)).toMatchObject({ value: 1 })
})

test('waits side by side get one signal each', async () => {
  const store = memoryStore()
  for (const value of [1, 2, 3]) await sendSignal(store, 'r', { name: 'a', value }, 5)
  const takes = [0, 1, 2, 3].flatMap((occurrence) => {
    const take = () => takeSignal(store, 'r', { name: 'a', occurrence }, 6)
    return [take(), take()]
  })
  const states = await Promise.all(takes)
  const values = states.map((state) => (state.status === 'received' ? state.value : undefined))
  for (let index = 0; index < 8; index += 2) expect(values[index]).toBe(values[index + 1])
  expect(values.filter((_, index) => index % 2 === 0).toSorted()).toEqual([1, 2, 3, undefined])
})

test('a run is due when a signal comes, and when a wait times out or a sleep ends', async () => {
  const store = memoryStore()
  const due = async () => (await allDue(store)).map(({ run, at }) => ({ run, at }))
  await takeSignal(store, 'r', { name: 'a', occurrence: 0, timeout: 10 }, 100)
  await takeSignal(store, 'r', { name: 'a', occurrence: 1, timeout: 10 }, 100)
  expect(await due()).toEqual([
    { run: 'r', at: 110 },
    { run: 'r', at: 110 },
  ])
  await sendSignal(store, 'r', { name: 'a' }, 105)
  expect(await due()).toHaveLength(3)
  await takeSignal(store, 'r', { name: 'a', occurrence: 0, timeout: 10 }, 106)
  expect(await due()).toEqual([
    { run: 'r', at: 105 },
    { run: 'r', at: 110 },
  ])

  expect(await sleep(store, 's', { label: 'a', occurrence: 0, duration: 5 }, 200)).toEqual({
    status: 'waiting',
    deadline: 205,
  })
  await sendSignal(store, 's', { name: 'a' }, 201)
  expect(await sleep(store, 's', { label: 'a', occurrence: 0, duration: 5 }, 204)).toMatchObject({
    status: 'waiting',
  })
  expect((await due()).at(-1)).toEqual({ run: 's', at: 205 })
  expect(await sleep(store, 's', { label: 'a', occurrence: 0, duration: 5 }, 205)).toEqual({
    status: 'timedOut',
  })
  expect((await due()).at(-1)).toEqual({ run: 's', at: 201 })
})

test('what is due is listed by time, all of it', async () => {
  const store = memoryStore()
  for (let at = 0; at < 250; at++)
    await sleep(store, `r${at}`, { label: 'a', occurrence: 0, duration: 1 + ((at * 7) % 250) }, 1e12)
  const found = await allDue(store, 1e12 + 240)
  expect(found.map(({ at }) => at - 1e12)).toEqual(Array.from({ length: 240 }, (_, index) => index + 1))
})

test('two processes in any order of operations give each wait one signal, and lose none', async () => {
  const calls = fc.array(fc.oneof(fc.constant('send' as const), fc.nat(2)), { minLength: 2, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(calls, fc.scheduler(), async (given, scheduler) => {
      const store = memoryStore()
      const turn = () => scheduler.schedule(Promise.resolve())
      const slow: Store = {
        ...store,
        get: (key) => turn().then(() => store.get(key)),
        put: (key, value, version) => turn().then(() => store.put(key, value, version)),
        list: (prefix, options) => turn().then(() => store.list(prefix, options)),
      }
      const sent: number[] = []
      const outcomes = new Map<number, unknown>()
      const take = async (through: Store, occurrence: number, now: number) => {
        const wait = { name: 'a', occurrence, ...(occurrence === 0 && { timeout: 0 }) }
        const state = await takeSignal(through, 'r', wait, now)
        if (state.status === 'waiting') return
        if (outcomes.has(occurrence)) expect(state).toEqual(outcomes.get(occurrence))
        outcomes.set(occurrence, state)
      }
      const actors = given.flatMap((call, value) => {
        if (call !== 'send') return [take(slow, call, 5), take(slow, call, 5)]
        sent.push(value)
        return [sendSignal(slow, 'r', { name: 'a', value }, 5)]
      })
      await scheduler.waitFor(Promise.all(actors))
      for (let occurrence = 0; occurrence < 20; occurrence++) await take(store, occurrence, 6)
      const received = [...outcomes.values()].flatMap((state) => {
        const { status, value } = state as { status: string; value?: unknown }
        return status === 'received' ? [value] : []
      })
      expect(received.toSorted()).toEqual(sent)
    }),
    { numRuns: 500 },
  )
})
