import { expect, it, vi } from 'vitest'
import { flow, resumeRuns, signal } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { Dispatcher } from './dispatcher.ts'
import { schedule } from './due.ts'
import { createRun } from './held-run.ts'
import { recordKey } from './run-record.ts'
import { allDue } from './testing.ts'

vi.spyOn(console, 'warn').mockImplementation(() => {})
const go = signal('go')
const waiter = (store: Store) => flow('waiter', { store }, () => flow.wait(go))

it('an entry or a record that nobody can read stops no other run', async () => {
  const store = memoryStore()
  const odd = ['', 'null', '{"at":0}', '{"run":"","at":0}', 'not JSON']
  for (const [index, text] of odd.entries()) await store.put(`due/${'0'.repeat(16)}/${index}`, text)
  await store.put(await recordKey('broken'), 'not a record')
  await schedule(store, 'broken', 1)
  const stop = resumeRuns([waiter(store)])
  const run = waiter(store).start(undefined, { id: 'r' })
  await expect.poll(waiter(store).get('r').status).toBe('suspended')
  await waiter(store).get('r').signal(go, 'gone on')
  expect(await run.result).toBe('gone on')
  await stop()
})

it('what is due of a run that is over is cleared, whosever flow it is', async () => {
  const store = memoryStore()
  const run = waiter(store).start(undefined, { id: 'r' })
  await expect.poll(waiter(store).get('r').status).toBe('suspended')
  await waiter(store).get('r').signal(go, 1)
  await run.result
  await schedule(store, 'r', 0)
  const stop = resumeRuns([flow('other', { store }, () => 1)])
  await expect.poll(() => allDue(store)).toEqual([])
  await stop()
})

it('runs of flows that this process does not know stay due', async () => {
  const store = memoryStore()
  void waiter(store).start(undefined, { id: 'r' })
  await expect.poll(waiter(store).get('r').status).toBe('suspended')
  Dispatcher.of(store).forget('r')
  const due = await schedule(store, 'r', 0)
  const stop = resumeRuns([flow('other', { store }, () => 1)])
  await stop()
  expect(await allDue(store, 0)).toEqual([due])
})

it('a run is gone on with although the store fails once it is acquired', async () => {
  const store = memoryStore()
  let gets = Number.POSITIVE_INFINITY
  const failing: Store = {
    ...store,
    async get(key) {
      if (gets-- === 0) throw new Error('connection lost')
      return store.get(key)
    },
    async put(key, value, version) {
      const written = await store.put(key, value, version)
      if (key === 'run/r/record' && value.includes('epoch') && gets === Number.POSITIVE_INFINITY) gets = 0
      return written
    },
  }
  const quick = (kept: Store) => flow('quick', { store: kept }, () => 'done')
  await createRun(store, { flow: 'quick', id: 'r' }, { owner: 'dead', duration: 0, now: Date.now() - 1 })
  const stop = resumeRuns([quick(failing)])
  expect(await quick(store).get('r').result()).toBe('done')
  await stop()
})
