import fc, { type Scheduler } from 'fast-check'
import { expect } from 'vitest'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { createRun, finishRun, suspendRun } from './held-run.ts'
import { listSteps, recall, remember } from './journal.ts'
import { acquireDue, type Lease, LeaseLostError, renewLease } from './lease.ts'
import { readRun } from './run-record.ts'
import { sendSignal, sleep, takeSignal } from './signals.ts'
import { allDue } from './testing.ts'

/** What the run does, one after the other. */
type Call =
  | { readonly kind: 'step'; readonly label: string }
  | { readonly kind: 'wait'; readonly name: string; readonly timeout?: number }
  | { readonly kind: 'sleep'; readonly duration: number }

/** A process dies at its nth operation on the store, before it or after it. */
interface Death {
  readonly operation: number
  readonly after: boolean
}

export interface Case {
  readonly calls: readonly Call[]
  /** The name of each signal, in the order in which they are sent. */
  readonly signals: readonly string[]
  /** Of each worker, one process after the other; and of the sender. */
  readonly deaths: readonly (readonly Death[])[]
  /** How far the clock moves at each turn. */
  readonly ticks: readonly number[]
  /** How far the second worker's clock is ahead. */
  readonly skew: number
}

const DURATION = 10
const NAMES = ['x', 'y']

const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('step' as const), label: fc.constantFrom('a', 'b') }),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        kind: fc.constant('wait' as const),
        name: fc.constantFrom(...NAMES),
        timeout: fc.integer({ min: 0, max: 15 }),
      },
      { requiredKeys: ['kind', 'name'] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sleep' as const), duration: fc.nat(15) }) },
)
const deaths = fc.array(fc.record({ operation: fc.nat(25), after: fc.boolean() }), { maxLength: 4 })
/** @param skew how far the second worker's clock is ahead */
export const world = (skew: fc.Arbitrary<number>): fc.Arbitrary<Case> =>
  fc.record({
    calls: fc.array(call, { minLength: 1, maxLength: 6 }),
    signals: fc.array(fc.constantFrom(...NAMES), { maxLength: 4 }),
    deaths: fc.tuple(deaths, deaths, deaths),
    ticks: fc.array(fc.nat(6), { minLength: 1, maxLength: 10 }),
    skew,
  })

const NEW_RUN = { flow: 'f', idempotencyKey: 'k' }
/** Its id is made from these. */
const RUN = await createRun(memoryStore(), NEW_RUN, { owner: '', duration: 0, now: 0 })

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

  /** A process after the other, each until its death; the last one does its rounds and goes. */
  async #work(worker: number, lives: readonly Death[]): Promise<void> {
    const store = this.#stores[worker]!
    for (const death of [...lives, undefined]) {
      const process = this.#toProcess(store, death)
      await survive(async () => {
        if (worker === 0) await this.#create(process)
        for (let round = 0; round < 3; round++) await this.#lookForDue(process, worker)
      })
    }
  }

  /** Starts the run as a request does that is repeated until it is answered. */
  async #create(store: Store): Promise<void> {
    const request = { owner: 'creator', duration: DURATION, now: this.#time(0) }
    const { id, lease } = await createRun(store, NEW_RUN, request)
    if (lease !== undefined) await this.#execute(store, 0, this.#note(lease), id)
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
    await sendSignal(store, RUN.id, { name, value, id: String(99 - value) }, this.#time(0))
  }

  /** Nobody dies any more: a run that nobody finds now is lost. */
  async #finish(): Promise<void> {
    this.#quiet = true
    const [store] = this.#stores as [Store]
    const asked = this.#case.calls.flatMap((each) => (each.kind === 'wait' ? [each.name] : []))
    for (const signal of numbered([...this.#case.signals, ...asked])) await this.#sendOne(store, signal)
    await this.#create(store)
    for (let round = 0; round < 20; round++) {
      await this.#lookForDue(store, 0)
      this.#now += 10
    }
  }

  async #judge(): Promise<void> {
    const [store] = this.#stores as [Store]
    const record = await readRun(store, RUN.id)
    const output = this.#case.calls.map((_, index) => this.#results.get(index))
    expect(record).toMatchObject({ status: 'ok', output })
    expect(await allDue(store)).toEqual([])

    const steps = new Set(this.#case.calls.flatMap((each, index) => (each.kind === 'step' ? [index] : [])))
    expect(await listSteps(store, RUN.id)).toHaveLength(steps.size)
    // Signals of a name are taken in their order, without a gap.
    for (const name of NAMES) {
      const received = this.#case.calls.flatMap((each, index) => {
        const state = this.#results.get(index) as { status: string; value: unknown }
        return each.kind === 'wait' && each.name === name && state.status === 'received' ? [state.value] : []
      })
      expect(received).toEqual(Array.from(received, (_, index) => index))
    }
  }

  /** A call gives the same to every process. */
  #agree(index: number, result: unknown): void {
    if (this.#results.has(index)) expect(result).toEqual(this.#results.get(index))
    this.#results.set(index, result)
  }

  /** A lease is new: nobody else's time has not passed. */
  #note(lease: Lease): Lease {
    if (this.#case.skew === 0) {
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

  #time(worker: number): number {
    return this.#now + (worker === 1 ? this.#case.skew : 0)
  }

  /** The store as one process has it. */
  #toProcess(store: Store, death: Death | undefined): Store {
    let operations = 0
    const operate = async <T>(operation: () => Promise<T>): Promise<T> => {
      if (!this.#quiet) await this.#scheduler.schedule(Promise.resolve())
      this.#now += this.#case.ticks[this.#turns++ % this.#case.ticks.length]!
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
