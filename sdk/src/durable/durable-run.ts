import { isCancellation } from '../flow/abort.ts'
import type { StepExecution } from '../flow/step-execution.ts'
import { setBackgroundTimer } from '../platform.ts'
import { runtime } from '../runtime.ts'
import type { RecordedSpan } from '../spans/span.ts'
import type { Store } from '../stores/store.ts'
import { warn } from '../warn.ts'
import { CallCounts } from './call-counts.ts'
import { Dispatcher } from './dispatcher.ts'
import { followRun } from './follow-run.ts'
import { finishRun, type RunEnd, suspendRun } from './held-run.ts'
import { executeOnce } from './journal.ts'
import { type Lease, LeaseLostError } from './lease.ts'
import { LeaseHolder } from './lease-holder.ts'
import { hasEnded, type PendingWait, type RunRecord, readRun } from './run-record.ts'
import { type Sleep, sleep, takeSignal, type Wait, type WaitOutcome, type WaitState } from './signals.ts'
import { NotStorableError } from './stored-value.ts'

/** Milliseconds that a run has nothing but waits before it is suspended. */
const SUSPEND_AFTER = 20
/** Milliseconds between two looks at whether a run that waits here ended elsewhere. */
const WATCH_EVERY = 2_000

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
  readonly store: Store
  readonly id: string
  /** As {@link RunRecord.name}. */
  readonly name: string
  /** The current part. */
  span: RecordedSpan | undefined
  /** Somebody waits for the result, so the process must not end. */
  isAwaited = false
  readonly #cancellation = new AbortController()
  readonly #calls = new CallCounts()
  readonly #waits: Set<() => void> = new Set()
  readonly #pending: Set<PendingWait> = new Set()
  #parts: Parts | undefined
  readonly #lease: LeaseHolder
  readonly #elsewhere: PromiseWithResolvers<unknown> = Promise.withResolvers()
  isOver = false
  #busy = 0
  #suspending: Promise<void> | undefined
  #suspendTimer: ReturnType<typeof setTimeout> | undefined
  #watchTimer: ReturnType<typeof setTimeout> | undefined

  constructor(store: Store, { id, name }: Pick<RunRecord, 'id' | 'name'>, lease: Lease) {
    this.store = store
    this.id = id
    this.name = name
    this.#lease = new LeaseHolder(store, lease, {
      acquired: () => {
        this.span = this.#parts?.begin()
      },
      renewed: async () => this.hear(await readRun(store, id)),
      lost: () => {
        this.#cancellation.abort(new LeaseLostError(id))
        this.#leave()
      },
    })
    // Nobody has to wait for it.
    this.#elsewhere.promise.catch(() => {})
    Dispatcher.of(store).add(this)
  }

  get isHeld(): boolean {
    return this.#lease.isHeld
  }

  /** Aborts when somebody cancels the run, in whichever process. */
  get signal(): AbortSignal {
    return this.#cancellation.signal
  }

  /** When the first of its waits is over; infinite if none ever is. */
  get deadline(): number {
    return Math.min(...Array.from(this.#pending, ({ deadline = Number.POSITIVE_INFINITY }) => deadline))
  }

  /** Settles as the run does if another process takes it to its end. */
  get elsewhere(): Promise<unknown> {
    return this.#elsewhere.promise
  }

  begin(parts: Parts, first: RecordedSpan | undefined): void {
    this.#parts = parts
    this.span = first
  }

  countStep(label: string, key: string | undefined): number {
    return this.#calls.count('step', label, key)
  }

  /** Executes a step, or gives what it gave before. */
  async step(
    { name: label, key, occurrence, plan }: StepExecution,
    execute: () => Promise<unknown>,
  ): Promise<unknown> {
    const step = { label, ...(key === undefined ? {} : { key }), occurrence }
    const isStopped = (error: unknown) => isCancellation(error, ...(plan?.signals ?? []))
    return this.#busily(() => executeOnce(this.store, this.id, step, execute, isStopped))
  }

  /** The id of a nested run that the handler starts: the same whenever it is executed. */
  childId(flow: string, key: string | undefined): string {
    const occurrence = this.#calls.count('run', flow, key)
    const parts = [flow, ...(key === undefined ? [] : [`=${key}`]), String(occurrence)]
    return [this.id, ...parts.map((part) => part.replace(/[%/]/g, encodeURIComponent))].join('/')
  }

  /** Names a change of a session that the handler makes: the same whenever it is executed. */
  changeId(session: string): string {
    return `${this.name}/${this.#calls.count('change', session, undefined)}`
  }

  /** @param branch of several that run at once, whose waits may be called in any order */
  wait(
    name: string,
    key: string | undefined,
    timeout: number | undefined,
    branch: string,
  ): Promise<WaitOutcome> {
    const count = this.#calls.count('wait', name, JSON.stringify([key, branch]))
    const wait: Wait = {
      name,
      ...(key === undefined ? {} : { key }),
      occurrence: branch === '' ? count : `${branch}/${count}`,
      ...(timeout === undefined ? {} : { timeout }),
    }
    const pending = { signal: name, ...(key === undefined ? {} : { key }) }
    return this.#waitFor(pending, () => takeSignal(this.store, this.id, wait, Date.now()))
  }

  async sleep(label: string, duration: number): Promise<void> {
    const state: Sleep = { label, occurrence: this.#calls.count('sleep', label, undefined), duration }
    await this.#waitFor({}, () => sleep(this.store, this.id, state, Date.now()))
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

  async #waitFor(wait: PendingWait, take: () => Promise<WaitState>): Promise<WaitOutcome> {
    for (;;) {
      const state = await this.#busily(take)
      if (state.status !== 'waiting') return state
      const { deadline } = state
      const pending = deadline === undefined ? wait : { ...wait, deadline }
      this.#pending.add(pending)
      if (deadline !== undefined) Dispatcher.of(this.store).lookSoon(deadline)
      await this.#woken().finally(() => this.#pending.delete(pending))
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
    this.hear(await readRun(this.store, this.id))
    for (const wake of [...this.#waits]) wake()
  }

  /** This process holds the run again. */
  async goOn(lease: Lease): Promise<void> {
    this.#lease.adopt(lease)
    await this.look()
  }

  /** Stops the run if its record says that somebody cancelled it. */
  hear(record: RunRecord | undefined): void {
    if (record?.cancelled !== undefined) this.#cancellation.abort(record.cancelled.reason)
  }

  /**
   * Records how the run ended. Gives, or throws, what stands: if another process has taken the run over, that is how it ends there.
   */
  async finish(end: RunEnd): Promise<unknown> {
    clearTimeout(this.#suspendTimer)
    await this.#hold()
    const lease = this.#lease.giveUp() as Lease
    let stands = end
    try {
      stands = await this.#keep(lease, end)
    } catch (error) {
      if (error instanceof LeaseLostError) return followRun(this.store, this.id)
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
      await finishRun(this.store, lease, end, Date.now())
      return end
    } catch (error) {
      if (!(error instanceof NotStorableError) || end.status !== 'ok') throw error
      return this.#keep(lease, { status: 'error', error })
    }
  }

  /** Whatever happens now happens elsewhere. */
  #release(): void {
    this.isOver = true
    this.#lease.giveUp()
    clearTimeout(this.#watchTimer)
    clearTimeout(this.#suspendTimer)
    Dispatcher.of(this.store).remove(this)
  }

  async #hold(): Promise<void> {
    await this.#suspending
    if (this.isOver || !(await this.#lease.hold())) await forever()
  }

  /** Another process was first, and says how the run ends. */
  #leave(): void {
    if (this.isOver) return
    this.#release()
    if (this.isAwaited) followRun(this.store, this.id).then(this.#elsewhere.resolve, this.#elsewhere.reject)
  }

  #suspendLater(): void {
    clearTimeout(this.#suspendTimer)
    if (this.#busy > 0 || this.#waits.size === 0 || !this.#lease.isHeld || this.isOver) return
    this.#suspendTimer = setTimeout(() => {
      if (this.#busy > 0 || this.#waits.size === 0) return
      this.#suspending = this.#suspend().finally(() => {
        this.#suspending = undefined
      })
    }, SUSPEND_AFTER)
  }

  async #suspend(): Promise<void> {
    const lease = this.#lease.giveUp()
    if (lease === undefined) return
    this.#parts?.suspend(this.span)
    // Whoever sees that the run is suspended may freeze the process.
    await runtime.current?.deliverRun?.()
    try {
      await suspendRun(this.store, lease, Date.now(), [...this.#pending])
    } catch (error) {
      // Its lease runs out, and it is found due then.
      if (!(error instanceof LeaseLostError))
        warn('store', `run ${this.id} is suspended late: ${String(error)}`)
    }
    // What came in between is due, and nobody held the run any more.
    Dispatcher.of(this.store).lookSoon()
    this.#watch()
  }

  /** While it waits here, another process may take it to its end. */
  #watch(): void {
    clearTimeout(this.#watchTimer)
    this.#watchTimer = setBackgroundTimer(() => void this.#lookElsewhere(), WATCH_EVERY)
  }

  async #lookElsewhere(): Promise<void> {
    if (this.isOver || this.isHeld) return
    const record = await readRun(this.store, this.id).catch(() => undefined)
    if (record !== undefined && hasEnded(record)) this.#leave()
    else this.#watch()
  }
}

/** One for each who waits: what waits for a promise that others share is never forgotten. */
const forever = () => new Promise<never>(() => {})
