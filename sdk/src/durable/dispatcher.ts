import type { FlowDefinition } from '../flow/flow-definition.ts'
import { setBackgroundTimer } from '../platform.ts'
import type { Store } from '../stores/store.ts'
import { warn } from '../warn.ts'
import { clearDue, type Due, listDue } from './due.ts'
import type { DurableRun } from './durable-run.ts'
import { acquireDue, acquireLease, type Lease } from './lease.ts'
import { retain } from './retention.ts'
import { hasEnded, type RunRecord, readRun } from './run-record.ts'

/** Milliseconds between two looks at what is due. */
const LOOK_EVERY = 1_000
/** Milliseconds that a lease holds; it is renewed after a third of them. */
export const LEASE = 30_000

/** Names this process in the records of runs. */
export const OWNER: string = crypto.randomUUID()

/** Goes on with a run that was found due, in this process. */
export type Resume = (flow: FlowDefinition, record: RunRecord, lease: Lease) => void

/**
 * Looks for what is due in one store: wakes the runs that wait in this process, and goes on with the runs of the flows that it was
 * told of, whoever began them.
 */
export class Dispatcher {
  readonly #store: Store
  readonly #waiting: Map<string, DurableRun> = new Map()
  readonly #creating: Map<string, Promise<void>> = new Map()
  readonly #resumers: Set<{ readonly flow: FlowDefinition; readonly resume: Resume }> = new Set()
  #timer: ReturnType<typeof setTimeout> | undefined
  #looking: Promise<void> | undefined
  #looksAgain = false
  /** When the timer fires, by `Date.now()`. */
  #due = Number.POSITIVE_INFINITY

  private constructor(store: Store) {
    this.#store = store
  }

  static of(store: Store): Dispatcher {
    let dispatcher = dispatchers.get(store)
    if (dispatcher === undefined) {
      dispatcher = new Dispatcher(store)
      dispatchers.set(store, dispatcher)
    }
    return dispatcher
  }

  /** Whoever asks for a run that this process begins waits until the store has it. */
  creating(id: string, work: Promise<unknown>): void {
    const done = work.then(
      () => {},
      () => {},
    )
    this.#creating.set(id, done)
    void done.then(() => this.#creating.delete(id))
  }

  async created(id: string): Promise<void> {
    await this.#creating.get(id)
  }

  /** A run of this process that is found by its waits until it is over. */
  add(run: DurableRun): void {
    this.#waiting.set(run.id, run)
    this.#schedule(Date.now() + LOOK_EVERY)
  }

  remove(run: DurableRun): void {
    if (this.#waiting.get(run.id) === run) this.#waiting.delete(run.id)
    this.#schedule(this.#due)
  }

  /** As if its process had died. For tests. */
  forget(id: string): void {
    this.#waiting.delete(id)
  }

  has(id: string): boolean {
    return this.#waiting.has(id)
  }

  /** Runs of these flows are gone on with here. Gives a function that undoes it, and waits for a look that is under way. */
  resume(flows: readonly FlowDefinition[], resume: Resume): () => Promise<void> {
    const resumers = flows.map((flow) => ({ flow, resume }))
    for (const one of resumers) this.#resumers.add(one)
    this.lookSoon()
    return async () => {
      for (const one of resumers) this.#resumers.delete(one)
      this.#schedule(this.#due)
      await this.#looking
    }
  }

  /** A signal came, or a wait has got its deadline. */
  lookSoon(at: number = Date.now()): void {
    if (this.#looking === undefined) this.#schedule(Math.min(at, this.#due))
    else this.#looksAgain ||= at <= Date.now()
  }

  #schedule(at: number): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#due = Number.POSITIVE_INFINITY
    if (this.#waiting.size === 0 && this.#resumers.size === 0) return
    const deadlines = Array.from(this.#waiting.values(), ({ deadline }) => deadline)
    this.#due = Math.min(
      at,
      Date.now() + LOOK_EVERY,
      ...deadlines.filter((deadline) => deadline > Date.now()),
    )
    // A process may end while its runs wait: another one goes on with them. One that goes on with runs is there for that.
    const isNeeded = this.#resumers.size > 0 || [...this.#waiting.values()].some(({ isAwaited }) => isAwaited)
    const setTimer = isNeeded ? setTimeout : setBackgroundTimer
    this.#timer = setTimer(() => void this.#lookAround(), Math.max(0, this.#due - Date.now()))
  }

  async #lookAround(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#looksAgain = true
      return
    }
    this.#looksAgain = false
    this.#looking = this.#look()
    await this.#looking
    this.#looking = undefined
    this.#schedule(this.#looksAgain ? Date.now() : Date.now() + LOOK_EVERY)
  }

  async #look(): Promise<void> {
    try {
      for await (const due of listDue(this.#store, Date.now())) {
        await this.#lookAt(due).catch((error: unknown) =>
          warn('store', `run ${due.run} is due and cannot be read, will try again: ${String(error)}`),
        )
      }
    } catch (error) {
      warn('store', `runs that are due cannot be read, will try again: ${String(error)}`)
    }
  }

  async #lookAt(due: Due): Promise<void> {
    const run = this.#waiting.get(due.run)
    const request = { owner: OWNER, duration: LEASE, now: Date.now() }
    if (run?.isHeld === true) {
      await run.look()
      await clearDue(this.#store, due)
    } else if (run !== undefined) {
      const lease = await acquireDue(this.#store, due, request)
      if (lease !== undefined) await run.goOn(lease)
    } else {
      const record = await readRun(this.#store, due.run)
      if (record !== undefined && hasEnded(record)) {
        await retain(this.#store, record, request.now)
        await clearDue(this.#store, due)
        return
      }
      const known = [...this.#resumers].find(({ flow }) => flow.name === record?.flow)
      if (record !== undefined && known === undefined) return
      const lease = await acquireDue(this.#store, due, request)
      if (lease !== undefined && record !== undefined) known?.resume(known.flow, record, lease)
    }
  }
}

const dispatchers = new WeakMap<Store, Dispatcher>()

export function takeLease(store: Store, run: string): Promise<Lease | undefined> {
  return acquireLease(store, run, { owner: OWNER, duration: LEASE, now: Date.now() })
}
