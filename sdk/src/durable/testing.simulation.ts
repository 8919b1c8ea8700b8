import type { Scheduler } from 'fast-check'
import { expect } from 'vitest'
import type { Store } from '../stores/store.ts'
import { createRun, finishRun, RunExistsError, suspendRun } from './held-run.ts'
import { listSteps, recall, remember } from './journal.ts'
import { acquireDue, type Lease, LeaseLostError, renewLease } from './lease.ts'
import { readRun } from './run-record.ts'
import { sendSignal, sleep, takeSignal } from './signals.ts'
import { allDue } from './testing.ts'
import { type Call, type Case, type Death, NAMES } from './testing.world.ts'

/** Of a lease. */
const DURATION = 10
/** Workers go home after so many operations on the store. */
const MAX_TURNS = 150
/** Not made by hashing, which leaves the turns: nothing here waits for anything but a turn. */
const RUN = 'r'

class Died extends Error {}

/** Two workers execute the run, wherever they die, and a sender sends its signals; every operation on the store is a turn. */
export class Simulation {
  readonly #case: Case
  readonly #scheduler: Scheduler
  readonly #stores: readonly Store[]
  #now = 1000
  #turns = 0
  /** What a worker holds, as far as it knows. */
  readonly #leases = new Set<Lease>()
  readonly #executed: unknown[] = []
  readonly #results = new Map<number, unknown>()
  #quiet = false
  #ended = false

  constructor(given: Case, scheduler: Scheduler, stores: readonly Store[]) {
    this.#case = given
    this.#scheduler = scheduler
    this.#stores = stores
  }

  async check(): Promise<void> {
    const [first = [], second = [], third = []] = this.#case.deaths
    const actors = [this.#work(0, first), this.#work(1, second), this.#send(third)]
    await this.#scheduler.waitFor(Promise.all(actors))
    await this.#finish()
    await this.#judge()
  }

  /** A process after the other, each until its death; the last one until the run has ended. */
  async #work(worker: number, lives: readonly Death[]): Promise<void> {
    const store = this.#stores[worker]!
    for (const death of [...lives, undefined]) {
      const process = this.#toProcess(store, death)
      await survive(async () => {
        if (worker === 0) await this.#create(process)
        while (!this.#ended && this.#turns < MAX_TURNS) await this.#lookForDue(process, worker)
      })
    }
  }

  /** Again after a death, since the caller does not know. */
  async #create(store: Store): Promise<void> {
    const request = { owner: 'creator', duration: DURATION, now: this.#time(0) }
    try {
      const { lease } = await createRun(store, { flow: 'f', id: RUN }, request)
      if (lease !== undefined) await this.#execute(store, 0, this.#note(lease), RUN)
    } catch (error) {
      if (!(error instanceof RunExistsError)) throw error
    }
  }

  async #lookForDue(store: Store, worker: number): Promise<void> {
    for (const due of await allDue(store, this.#time(worker))) {
      const request = { owner: String(worker), duration: DURATION, now: this.#time(worker) }
      const lease = await acquireDue(store, due, request)
      if (lease !== undefined) await this.#execute(store, worker, this.#note(lease), due.run)
    }
  }

  /** The flow: what is remembered is not executed again, and what it waits for suspends it. */
  async #execute(store: Store, worker: number, lease: Lease, run: string): Promise<void> {
    let held = lease
    const counts = new Map<string, number>()
    const results: unknown[] = []
    try {
      for (const [index, call] of this.#case.calls.entries()) {
        if (index % 2 === 1) held = this.#exchange(held, await renewLease(store, held, this.#time(worker)))
        const place = call.kind + ('label' in call ? call.label : 'name' in call ? call.name : '')
        const occurrence = counts.get(place) ?? 0
        counts.set(place, occurrence + 1)
        const result = await this.#call(store, worker, run, call, occurrence)
        if (result === undefined) {
          this.#leases.delete(held)
          return await suspendRun(store, held, this.#time(worker))
        }
        this.#agree(index, result)
        results.push(result)
      }
      this.#leases.delete(held)
      await finishRun(store, held, { status: 'ok', output: results }, this.#time(worker))
      this.#ended = true
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error
      this.#leases.delete(held)
    }
  }

  /** Undefined: it has to wait. */
  async #call(store: Store, worker: number, run: string, call: Call, occurrence: number): Promise<unknown> {
    switch (call.kind) {
      case 'step': {
        const step = { label: call.label, occurrence }
        const known = await recall(store, run, step)
        if (known !== undefined) return known
        const value = this.#executed.length
        this.#executed.push(step)
        return remember(store, run, step, { value }, this.#time(worker))
      }
      case 'wait': {
        const { name, timeout } = call
        const wait = { name, occurrence, ...(timeout !== undefined && { timeout }) }
        const state = await takeSignal(store, run, wait, this.#time(worker))
        return state.status === 'waiting' ? undefined : state
      }
      case 'sleep': {
        const state = await sleep(store, run, { label: '', occurrence, ...call }, this.#time(worker))
        return state.status === 'waiting' ? undefined : state
      }
    }
  }

  /** Each signal again until it is acknowledged, then the next. The value is its number among those of its name. */
  async #send(lives: readonly Death[]): Promise<void> {
    const queue = numbered(this.#case.signals)
    let done = 0
    for (const death of [...lives, undefined]) {
      const process = this.#toProcess(this.#stores[1]!, death)
      await survive(async () => {
        for (; done < queue.length; done++) await this.#sendOne(process, queue[done]!)
      })
    }
  }

  async #sendOne(store: Store, [name, value]: readonly [string, number]): Promise<void> {
    await sendSignal(store, RUN, { name, value, id: String(99 - value) }, this.#time(0))
  }

  /** Nobody dies any more: a run that nobody finds now is lost. */
  async #finish(): Promise<void> {
    this.#quiet = true
    const [store] = this.#stores as [Store]
    await this.#create(store)
    await this.#settle(store)
    // It waits only for a signal that was not sent.
    const open = this.#case.calls.find((_, index) => !this.#results.has(index))
    if (open?.kind === 'wait') {
      const sent = this.#case.signals.filter((name) => name === open.name)
      expect(this.#received(open.name)).toHaveLength(sent.length)
    } else expect(open).toBeUndefined()
    const asked = this.#case.calls.flatMap((each) => (each.kind === 'wait' ? [each.name] : []))
    for (const signal of numbered([...this.#case.signals, ...asked])) await this.#sendOne(store, signal)
    await this.#settle(store)
  }

  async #settle(store: Store): Promise<void> {
    for (let round = 0; round < 20; round++) {
      await this.#lookForDue(store, 0)
      this.#now += 10
    }
  }

  /** What the waits of a name have received, in their order. */
  #received(name: string): unknown[] {
    return this.#case.calls.flatMap((each, index) => {
      const state = this.#results.get(index) as { status: string; value: unknown } | undefined
      return each.kind === 'wait' && each.name === name && state?.status === 'received' ? [state.value] : []
    })
  }

  async #judge(): Promise<void> {
    const [store] = this.#stores as [Store]
    const record = await readRun(store, RUN)
    const output = this.#case.calls.map((_, index) => this.#results.get(index))
    expect(record).toMatchObject({ status: 'ok', output })
    expect(await allDue(store)).toEqual([])

    const steps = new Set(this.#case.calls.flatMap((each, index) => (each.kind === 'step' ? [index] : [])))
    expect(await listSteps(store, RUN)).toHaveLength(steps.size)
    // Signals of a name are taken in their order, without a gap.
    for (const name of NAMES) {
      const received = this.#received(name)
      expect(received).toEqual(Array.from(received, (_, index) => index))
    }
  }

  /** A call gives the same to every process. */
  #agree(index: number, result: unknown): void {
    if (this.#results.has(index)) expect(result).toEqual(this.#results.get(index))
    this.#results.set(index, result)
  }

  /** Whoever gets a lease is alone, until its time has passed. */
  #note(lease: Lease): Lease {
    if (this.#case.skew === 0 && lease.expires > this.#now) {
      expect([...this.#leases].filter(({ expires }) => expires > this.#now)).toEqual([])
    }
    this.#leases.add(lease)
    return lease
  }

  #exchange(lease: Lease, renewed: Lease): Lease {
    this.#leases.delete(lease)
    this.#leases.add(renewed)
    return renewed
  }

  async #wait(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await this.#scheduler.schedule(Promise.resolve())
  }

  #time(worker: number): number {
    return this.#now + (worker === 1 ? this.#case.skew : 0)
  }

  /** The store as one process has it. */
  #toProcess(store: Store, death: Death | undefined): Store {
    let operations = 0
    const operate = async <T>(operation: () => Promise<T>): Promise<T> => {
      const turn = this.#turns++
      if (!this.#quiet) await this.#wait(1 + this.#case.stalls[turn % this.#case.stalls.length]!)
      this.#now += this.#case.ticks[turn % this.#case.ticks.length]!
      const number = operations++
      if (death !== undefined && number >= death.operation && !death.after) throw new Died()
      if (death !== undefined && number > death.operation) throw new Died()
      const result = await operation()
      if (death !== undefined && number >= death.operation) throw new Died()
      return result
    }
    return {
      get: (key) => operate(() => store.get(key)),
      put: (key, value, version) => operate(() => store.put(key, value, version)),
      delete: (key, version) => operate(() => store.delete(key, version)),
      list: (prefix, options) => operate(() => store.list(prefix, options)),
      close: () => store.close(),
    }
  }
}

async function survive(life: () => Promise<void>): Promise<void> {
  try {
    await life()
  } catch (error) {
    if (!(error instanceof Died)) throw error
  }
}

/** Each name with how often it came before. */
function numbered(names: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>()
  return names.map((name) => {
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return [name, count]
  })
}
