import { setBackgroundTimer } from '../platform.ts'
import type { Store } from '../stores/store.ts'
import { warn } from '../warn.ts'
import { LEASE, takeLease } from './dispatcher.ts'
import { type Lease, LeaseLostError, renewLease } from './lease.ts'

/** What becomes of a lease. */
export interface LeaseEvents {
  /** The run is held again, after it was given up. */
  acquired(): void
  renewed(): Promise<void>
  /** Another process holds the run now, or it has ended. */
  lost(): void
}

/** Keeps the lease of one run: renews it while it is held, and acquires it again after it was given up. */
export class LeaseHolder {
  readonly #store: Store
  readonly #run: string
  readonly #events: LeaseEvents
  #lease: Lease | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #acquiring: Promise<boolean> | undefined

  constructor(store: Store, lease: Lease, events: LeaseEvents) {
    this.#store = store
    this.#run = lease.run
    this.#events = events
    this.#lease = lease
    this.#renewLater()
  }

  get isHeld(): boolean {
    return this.#lease !== undefined
  }

  /** Gives whether this process holds the run now. */
  async hold(): Promise<boolean> {
    if (this.#lease !== undefined) return true
    this.#acquiring ??= this.#acquire().finally(() => {
      this.#acquiring = undefined
    })
    return this.#acquiring
  }

  async #acquire(): Promise<boolean> {
    const lease = await takeLease(this.#store, this.#run)
    if (this.#lease !== undefined) return true
    if (lease === undefined) this.#events.lost()
    else this.adopt(lease)
    return lease !== undefined
  }

  adopt(lease: Lease): void {
    this.#lease = lease
    this.#events.acquired()
    this.#renewLater()
  }

  /** Whoever takes it writes with it for the last time. */
  giveUp(): Lease | undefined {
    const lease = this.#lease
    this.#lease = undefined
    clearTimeout(this.#timer)
    return lease
  }

  #renewLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setBackgroundTimer(() => void this.#renew(), LEASE / 3)
  }

  async #renew(): Promise<void> {
    const lease = this.#lease
    if (lease === undefined) return
    try {
      const renewed = await renewLease(this.#store, lease, Date.now())
      if (this.#lease === lease) this.#lease = renewed
      await this.#events.renewed()
    } catch (error) {
      if (error instanceof LeaseLostError) {
        this.giveUp()
        this.#events.lost()
        return
      }
      warn('store', `the lease of run ${this.#run} is not renewed, will try again: ${String(error)}`)
    }
    if (this.#lease !== undefined) this.#renewLater()
  }
}
