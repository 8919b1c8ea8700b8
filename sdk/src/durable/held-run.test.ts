import { describe, expect, test } from 'vitest'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { schedule } from './due.ts'
import { createRun, finishRun, RunExistsError, suspendRun } from './held-run.ts'
import { remember } from './journal.ts'
import { acquireDue, acquireLease, LeaseLostError, releaseLease, renewLease } from './lease.ts'
import { deleteRun, readRun } from './run-record.ts'
import { NotStorableError } from './stored-value.ts'
import { allDue } from './testing.ts'

const request = { owner: 'a', duration: 30, now: 100 }

describe('a new run', () => {
  test('is recorded, held by its creator', async () => {
    const store = memoryStore()
    const run = { id: 'r/1', flow: 'f', version: '1', input: { at: new Date(0) }, user: 'ada' }
    const { id, lease } = await createRun(store, run, request)
    expect(lease).toMatchObject({ run: 'r/1', owner: 'a', epoch: 1, expires: 130 })
    expect(await readRun(store, id)).toEqual({
      id: 'r/1',
      name: expect.stringMatching(/^r\/1@[0-9a-f]{16}$/),
      flow: 'f',
      version: '1',
      input: { at: new Date(0) },
      status: 'running',
      session: undefined,
      user: 'ada',
      metadata: undefined,
      createdAt: 100,
      updatedAt: 100,
      lease: { owner: 'a', epoch: 1, expires: 130 },
    })
    expect(await readRun(store, 'r')).toBeUndefined()
  })

  test('has an id of its own', async () => {
    const store = memoryStore()
    const [first, second] = [
      await createRun(store, { flow: 'f' }, request),
      await createRun(store, { flow: 'f' }, request),
    ]
    expect(first.id).toMatch(/^[0-9a-f]{32}$/)
    expect(second.id).not.toBe(first.id)
    await expect(createRun(store, { flow: 'f', id: first.id }, request)).rejects.toThrow(RunExistsError)
    expect(await allDue(store, 1000)).toHaveLength(2)
  })

  test('with the idempotency key of another one is that one', async () => {
    const store = memoryStore()
    const run = { flow: 'f', idempotencyKey: 'order 7' }
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, index) => createRun(store, { ...run, input: index }, request)),
    )
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(all.filter(({ lease }) => lease !== undefined)).toHaveLength(1)
    const other = await createRun(store, { ...run, flow: 'g' }, request)
    expect(other.id).not.toBe(all[0]!.id)
    await expect(createRun(store, { ...run, id: 'a' }, request)).rejects.toThrow('got both')
  })

  test('with an input that cannot be stored is refused', async () => {
    const store = memoryStore()
    const created = createRun(store, { flow: 'f', input: { send() {} } }, request)
    await expect(created).rejects.toThrow(
      'The input or metadata of flow "f" cannot be stored: .input.send is a function',
    )
    expect(await store.list('')).toEqual([])
  })
})

describe('a lease', () => {
  const create = async (store: Store) => (await createRun(store, { flow: 'f', id: 'r' }, request)).lease!

  test('is held by one until it runs out', async () => {
    const store = memoryStore()
    await create(store)
    expect(await acquireLease(store, 'r', { ...request, owner: 'b', now: 129 })).toBeUndefined()
    expect(await acquireLease(store, 'r', { ...request, now: 129 })).toBeUndefined()
    const all = await Promise.all(
      ['b', 'c', 'd'].map((owner) => acquireLease(store, 'r', { ...request, owner, now: 130 })),
    )
    expect(all.filter((lease) => lease !== undefined)).toMatchObject([{ epoch: 2, expires: 160 }])
    expect(await acquireLease(store, 'other', request)).toBeUndefined()
  })

  test('is lost to a later owner, who alone writes', async () => {
    const store = memoryStore()
    const first = await create(store)
    const second = (await acquireLease(store, 'r', { ...request, owner: 'b', now: 200 }))!
    const end = { status: 'ok', output: 'first' } as const
    await expect(finishRun(store, first, end, 201)).rejects.toThrow(LeaseLostError)
    await expect(suspendRun(store, first, 201)).rejects.toThrow(LeaseLostError)
    await expect(renewLease(store, first, 201)).rejects.toThrow(LeaseLostError)
    await releaseLease(store, first, 201)
    expect((await readRun(store, 'r'))?.lease.expires).toBe(230)
    await finishRun(store, second, { status: 'error', error: new RangeError('b') }, 202)
    expect(await readRun(store, 'r')).toMatchObject({
      status: 'error',
      error: new RangeError('b'),
      updatedAt: 202,
    })
    await expect(finishRun(store, second, end, 203)).rejects.toThrow(LeaseLostError)
    expect(await acquireLease(store, 'r', { ...request, now: 999 })).toBeUndefined()
  })

  test('is not acquired by a slow process when another one had the run in between', async () => {
    const store = memoryStore()
    await releaseLease(store, await create(store), 100)
    let other = false
    const slow: Store = {
      ...store,
      async put(key, value, version) {
        if (!other && key === 'run/r/record') {
          other = true
          await suspendRun(store, (await acquireLease(store, 'r', { ...request, owner: 'b' }))!, 101)
        }
        return store.put(key, value, version)
      },
    }
    expect(await acquireLease(slow, 'r', request)).toBeUndefined()
    expect(await readRun(store, 'r')).toMatchObject({ status: 'suspended', lease: { owner: 'b', epoch: 2 } })
  })

  test('is renewed, even when its time has passed but nobody came', async () => {
    const store = memoryStore()
    const renewed = await renewLease(store, await create(store), 150)
    expect(renewed).toMatchObject({ epoch: 1, expires: 180 })
    expect(await acquireLease(store, 'r', { ...request, now: 179 })).toBeUndefined()
    expect((await allDue(store, 1000)).map(({ at }) => at)).toEqual([180])
  })

  test('that is released is free, and due at once', async () => {
    const store = memoryStore()
    await releaseLease(store, await create(store), 110)
    const [due] = await allDue(store, 110)
    const lease = await acquireDue(store, due!, { owner: 'b', duration: 30, now: 110 })
    expect(lease).toMatchObject({ owner: 'b', epoch: 2, expires: 140 })
    expect((await allDue(store, 1000)).map(({ at }) => at)).toEqual([140])
  })

  test('of a process that is gone leaves the run due', async () => {
    const store = memoryStore()
    await create(store)
    expect(await allDue(store, 129)).toEqual([])
    const [due] = await allDue(store, 130)
    expect(await acquireDue(store, due!, { ...request, owner: 'b', now: 129 })).toBeUndefined()
    expect(await allDue(store, 130)).toHaveLength(1)
    expect(await acquireDue(store, due!, { ...request, owner: 'b', now: 130 })).toMatchObject({ epoch: 2 })
  })

  test('of a suspended or finished run leaves nothing due', async () => {
    const store = memoryStore()
    await suspendRun(store, await create(store), 110)
    expect(await readRun(store, 'r')).toMatchObject({ status: 'suspended', lease: { expires: 0 } })
    expect(await allDue(store, 1000)).toEqual([])
    const lease = (await acquireLease(store, 'r', { ...request, now: 111 }))!
    expect(await readRun(store, 'r')).toMatchObject({ status: 'running' })
    const unstorable = finishRun(store, lease, { status: 'ok', output: Symbol('a') }, 113)
    await expect(unstorable).rejects.toThrow(NotStorableError)
    await expect(unstorable).rejects.toThrow('The output of flow "f" cannot be stored: .output is a symbol')
    await finishRun(store, lease, { status: 'ok', output: undefined }, 114)
    expect(await readRun(store, 'r')).toMatchObject({ status: 'ok', output: undefined })
    expect(await allDue(store, 1000)).toEqual([])
  })

  test('an entry of a run that nobody knows stays for a day, since its creator may be slow', async () => {
    const store = memoryStore()
    const due = await schedule(store, 'r', 100)
    expect(await acquireDue(store, due, request)).toBeUndefined()
    expect(await allDue(store)).toHaveLength(1)
    expect(await acquireDue(store, due, { ...request, now: 86_400_101 })).toBeUndefined()
    expect(await allDue(store)).toEqual([])
  })

  test('an entry of a run that has ended is cleared', async () => {
    const store = memoryStore()
    const due = await schedule(store, 'r', 100)
    await finishRun(store, await create(store), { status: 'cancelled', error: 'no' }, 101)
    expect(await acquireDue(store, due, request)).toBeUndefined()
    expect(await allDue(store)).toEqual([])
  })
})

test('a run that is deleted leaves nothing', async () => {
  const store = memoryStore()
  const run = { flow: 'f', idempotencyKey: 'k' }
  const { id, lease } = await createRun(store, run, request)
  for (let occurrence = 0; occurrence < 250; occurrence++) {
    await remember(store, id, { label: 'a', occurrence }, { value: 1 }, 100)
  }
  await createRun(store, { flow: 'f', id: `${id}0` }, request)
  await finishRun(store, lease!, { status: 'ok', output: 1 }, 101)
  await deleteRun(store, id)
  expect((await store.list('run/')).map(({ key }) => key)).toEqual([
    `run/${encodeURIComponent(id).toLowerCase()}0/record`,
  ])
  expect(await createRun(store, run, request)).toMatchObject({ id, lease: { epoch: 1 } })
})

test('a deletion that dies half way can be made again, and frees the id only when nothing is left', async () => {
  const store = memoryStore()
  const { lease } = await createRun(store, { flow: 'f', id: 'r' }, request)
  for (let occurrence = 0; occurrence < 3; occurrence++)
    await remember(store, 'r', { label: 'a', occurrence }, { value: 1 }, 100)
  await finishRun(store, lease!, { status: 'ok', output: 1 }, 101)
  let left = 2
  const dying: Store = {
    ...store,
    delete: async (key, version) => {
      if (left-- === 0) throw new Error('connection lost')
      return store.delete(key, version)
    },
  }
  await expect(deleteRun(dying, 'r')).rejects.toThrow('connection lost')
  await expect(createRun(store, { flow: 'f', id: 'r' }, request)).rejects.toThrow(RunExistsError)
  await deleteRun(store, 'r')
  expect(await store.list('run/')).toEqual([])
})
