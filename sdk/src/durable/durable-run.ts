import { isCancellation } from '../flow/abort.ts'
import type { StepExecution } from '../flow/step-execution.ts'
import type { RecordedSpan } from '../spans/span.ts'
import type { Store } from '../stores/store.ts'
import { warn } from '../warn.ts'
import { Dispatcher, LEASE, takeLease } from './dispatcher.ts'
import { finishRun, type RunEnd, suspendRun } from './held-run.ts'
import { recall, remember, type StepOutcome } from './journal.ts'
import { type Lease, LeaseLostError, renewLease } from './lease.ts'
import { hasEnded, type RunRecord, readRun } from './run-record.ts'
import { type Sleep, sleep, takeSignal, type Wait, type WaitOutcome, type WaitState } from './signals.ts'
import { NotStorableError } from './stored-value.ts'

/** Milliseconds that a run has nothing but waits before it is suspended. */
const SUSPEND_AFTER = 20
/** Milliseconds between two looks at a run that another process executes. */
const FOLLOW_EVERY = 500

/** The spans of a run: one for each time that it is executed without a suspension. */
export interface Parts {
  begin(): RecordedSpan | undefined
  suspend(span: RecordedSpan | undefined): void
}

/**
 * A run that a store keeps, as this process executes it. Steps that are over are not executed again. Where nothing but waits is
 * left, the run is suspended: it is held by nobody, and whoever finds it due goes on with it, here where it stands or in another
 * process from its start. If another process was first, what waits here is left to wait for ever.
 */
export class DurableRun {
  readonly id: string
  /** The current part. */
  span: RecordedSpan | undefined
  /** Somebody waits for the result, so the process must not end. */
  isAwaited = false
  readonly #store: Store
  readonly #cancellation = new AbortController()
  readonly #occurrences: Map<string, number> = new Map()
  readonly #waits: Set<() => void> = new Set()
  readonly #deadlines: Set<{ readonly deadline: number }> = new Set()
  #parts: Parts | undefined
  #lease: Lease | undefined
  isOver = false
  #busy = 0
  #acquiring: Promise<void> | undefined
  #suspending: Promise<void> | undefined
  #suspendTimer: ReturnType<typeof setTimeout> | undefined
  #renewTimer: ReturnType<typeof setTimeout> | undefined

  constructor(store: Store, id: string, lease: Lease) {
    this.#store = store
    this.id = id
    this.#lease = lease
    this.#renewLater()
    Dispatcher.of(store).add(this)
  }

  get isHeld(): boolean {
    return this.#lease !== undefined
  }

  /** Aborts when somebody cancels the run, in whichever process. */
  get signal(): AbortSignal {
    return this.#cancellation.signal
  }

  /** When the first of its waits is over; infinite if none ever is. */
  get deadline(): number {
    return Math.min(...Array.from(this.#deadlines, ({ deadline }) => deadline))
  }

  get store(): Store {
    return this.#store
  }

  begin(parts: Parts, first: RecordedSpan | undefined): void {
    this.#parts = parts
    this.span = first
  }

  /** Executes a step, or gives what it gave before. */
  async step({ name: label, key, plan }: StepExecution, execute: () => Promise<unknown>): Promise<unknown> {
    const step = { label, ...(key === undefined ? {} : { key }), occurrence: this.#count('step', label, key) }
    return this.#busily(async () => {
      const known = await recall(this.#store, this.id, step)
      if (known !== undefined) return unwrap(known)
      const outcome = await settled(execute)
      if ('error' in outcome && isCancellation(outcome.error, ...(plan?.signals ?? []))) throw outcome.error
      return unwrap(await remember(this.#store, this.id, step, outcome, Date.now()))
    })
  }

  /** The id of a nested run that the handler starts: the same whenever it is executed. */
  childId(flow: string, key: string | undefined): string {
    const occurrence = this.#count('run', flow, key)
    return [this.id, flow, ...(key === undefined ? [] : [key]), occurrence].join('/')
  }

  wait(name: string, key: string | undefined, timeout: number | undefined): Promise<WaitOutcome> {
    const wait: Wait = {
      name,
      ...(key === undefined ? {} : { key }),
      occurrence: this.#count('wait', name, key),
      ...(timeout === undefined ? {} : { timeout }),
    }
    return this.#waitFor(() => takeSignal(this.#store, this.id, wait, Date.now()))
  }

  async sleep(label: string, duration: number): Promise<void> {
    const state: Sleep = { label, occurrence: this.#count('sleep', label, undefined), duration }
    await this.#waitFor(() => sleep(this.#store, this.id, state, Date.now()))
  }

  /** Counts as work, so that the run is not suspended meanwhile. */
  async #busily<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1
    clearTimeout(this.#suspendTimer)
    try {
      await this.#hold()
      return await work()
    } finally {
      this.#busy -= 1
      this.#suspendLater()
    }
  }

  async #waitFor(take: () => Promise<WaitState>): Promise<WaitOutcome> {
    for (;;) {
      const state = await this.#busily(take)
      if (state.status !== 'waiting') return state
      if (state.deadline === undefined) await this.#woken()
      else await this.#wokenBy(state.deadline)
    }
  }

  async #wokenBy(deadline: number): Promise<void> {
    const wait = { deadline }
    this.#deadlines.add(wait)
    Dispatcher.of(this.#store).lookSoon(deadline)
    try {
      await this.#woken()
    } finally {
      this.#deadlines.delete(wait)
    }
  }

  #woken(): Promise<void> {
    const { signal } = this
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waits.delete(wake)
        reject(signal.reason)
      }
      const wake = () => {
        this.#waits.delete(wake)
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waits.add(wake)
      this.#suspendLater()
    })
  }

  /** Something came for the run while this process holds it. */
  async look(): Promise<void> {
    await this.#hear(await readRun(this.#store, this.id))
    for (const wake of [...this.#waits]) wake()
  }

  /** This process holds the run again. */
  async goOn(lease: Lease): Promise<void> {
    this.#adopt(lease)
    await this.look()
  }

  async #hear(record: RunRecord | undefined): Promise<void> {
    if (record?.cancelled !== undefined) this.#cancellation.abort(record.cancelled.reason)
  }

  /**
   * Records how the run ended. Gives, or throws, what stands: if another process has taken the run over, that is how it ends there.
   */
  async finish(end: RunEnd): Promise<unknown> {
    clearTimeout(this.#suspendTimer)
    await this.#hold()
    const lease = this.#lease as Lease
    let stands = end
    try {
      stands = await this.#keep(lease, end)
    } catch (error) {
      if (error instanceof LeaseLostError) return followRun(this.#store, this.id)
      throw error
    } finally {
      this.#release()
    }
    if (stands.status === 'ok') return stands.output
    throw stands.error
  }

  /** An output that cannot be kept is an error of the run. */
  async #keep(lease: Lease, end: RunEnd): Promise<RunEnd> {
    try {
      await finishRun(this.#store, lease, end, Date.now())
      return end
    } catch (error) {
      if (!(error instanceof NotStorableError) || end.status !== 'ok') throw error
      return this.#keep(lease, { status: 'error', error })
    }
  }

  /** Whatever happens now happens elsewhere. */
  #release(): void {
    this.isOver = true
    this.#lease = undefined
    clearTimeout(this.#renewTimer)
    clearTimeout(this.#suspendTimer)
    Dispatcher.of(this.#store).remove(this)
  }

  async #hold(): Promise<void> {
    await this.#suspending
    if (this.isOver) await never
    if (this.#lease !== undefined) return
    this.#acquiring ??= this.#acquire().finally(() => {
      this.#acquiring = undefined
    })
    await this.#acquiring
  }

  async #acquire(): Promise<void> {
    const lease = await takeLease(this.#store, this.id)
    if (this.#lease !== undefined) return
    if (lease === undefined) {
      this.#release()
      await never
    } else {
      this.#adopt(lease)
    }
  }

  #adopt(lease: Lease): void {
    this.#lease = lease
    this.span = this.#parts?.begin()
    this.#renewLater()
  }

  #suspendLater(): void {
    clearTimeout(this.#suspendTimer)
    if (this.#busy > 0 || this.#waits.size === 0 || this.#lease === undefined || this.isOver) return
    this.#suspendTimer = setTimeout(() => {
      if (this.#busy > 0 || this.#waits.size === 0) return
      this.#suspending = this.#suspend().finally(() => {
        this.#suspending = undefined
      })
    }, SUSPEND_AFTER)
  }

  async #suspend(): Promise<void> {
    const lease = this.#lease
    if (lease === undefined) return
    clearTimeout(this.#renewTimer)
    this.#lease = undefined
    this.#parts?.suspend(this.span)
    try {
      await suspendRun(this.#store, lease, Date.now())
    } catch (error) {
      // Its lease runs out, and it is found due then.
      if (!(error instanceof LeaseLostError))
        warn('store', `run ${this.id} is suspended late: ${String(error)}`)
    }
    // What came in between is due, and nobody held the run any more.
    Dispatcher.of(this.#store).lookSoon()
  }

  #renewLater(): void {
    this.#renewTimer = setTimeout(() => void this.#renew(), LEASE / 3)
    ;(this.#renewTimer as { unref?(): void }).unref?.()
  }

  async #renew(): Promise<void> {
    const lease = this.#lease
    if (lease === undefined) return
    try {
      const renewed = await renewLease(this.#store, lease, Date.now())
      if (this.#lease === lease) this.#lease = renewed
      await this.#hear(await readRun(this.#store, this.id))
    } catch (error) {
      if (error instanceof LeaseLostError) {
        this.#cancellation.abort(error)
        this.#release()
        return
      }
      warn('store', `the lease of run ${this.id} is not renewed, will try again: ${String(error)}`)
    }
    if (this.#lease !== undefined) this.#renewLater()
  }

  /** How often it was called before: what tells calls apart, and stays the same whenever the run is executed. */
  #count(kind: string, name: string, key: string | undefined): number {
    const identity = JSON.stringify([kind, name, key])
    const count = this.#occurrences.get(identity) ?? 0
    this.#occurrences.set(identity, count + 1)
    return count
  }
}

/** What waits for it is forgotten together with its run. */
const never = new Promise<never>(() => {})

async function settled(execute: () => Promise<unknown>): Promise<StepOutcome> {
  try {
    return { value: await execute() }
  } catch (error) {
    return { error }
  }
}

function unwrap(outcome: StepOutcome): unknown {
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

/** The result of a run that another process executes, or will. */
export async function followRun(store: Store, id: string): Promise<unknown> {
  for (;;) {
    const record = await readRun(store, id)
    if (record !== undefined && hasEnded(record)) {
      if (record.status === 'ok') return record.output
      throw record.error
    }
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY))
  }
}
