import { expect, it, vi } from 'vitest'
import { flow, resumeRuns, signal } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { Dispatcher } from './dispatcher.ts'
import { schedule } from './due.ts'
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
