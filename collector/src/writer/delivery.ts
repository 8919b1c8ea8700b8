import type { Log } from '../log.ts'
import type { Outcome } from '../wal/ledger.ts'
import type { Segment } from '../wal/segment.ts'
import { InsertError, type InsertFailure } from './insert-error.ts'

/** Inserts segments. */
export interface SegmentSender {
  deliver(segment: Segment): Promise<Outcome>
  /** Where ClickHouse refuses the whole for its content. */
  deliverInParts(segment: Segment, takesOthers: boolean): Promise<Outcome>
}

export interface DeliveryOptions {
  /** Segments that are inserted at the same time while many wait, beside one that is new. */
  readonly parallel: number
  readonly log: Log
  /** Counts a segment and deletes it. */
  readonly finish: (segment: Segment, outcome: Outcome) => Promise<void>
  /** Told whenever a segment that is closed now would be inserted at once. */
  readonly onIdle: () => void
  /** Observes each insert that was stored: seconds, spans. */
  readonly observe?: (seconds: number, spans: number) => void
  /** Counts each insert that failed. */
  readonly observeFailure?: (failure: InsertFailure) => void
}

interface Parcel {
  readonly segment: Segment
  tries: number
  /** Tries after which ClickHouse said that the content is at fault. */
  refusals: number
  /** How many segments had been stored when this one failed first. */
  storedBefore: number
  /** By performance.now(). */
  readonly since: number
  notBefore: number
}

/** Segments that wait or are inserted, beyond which several are inserted at the same time. */
const BACKLOG = 2
/** Milliseconds for which a segment is new. */
const NEW = 5_000
const FIRST_PAUSE = 100
/** While ClickHouse is away it is asked as often as this. */
const LONGEST_PAUSE = 1_000
/** A segment that fails while others do not is not tried more often than this. */
const LONGEST_SEGMENT_PAUSE = 30_000
/** One refusal for the content may be the server's mistake. */
const REFUSALS = 2
/** Tries after which an error that others do not meet counts as a refusal for the content. */
const TRIES = 5

/**
 * The segments that wait to be inserted, oldest first: one at a time, so that spans become visible in the order in
 * which they were acknowledged. Where many wait, several at a time, and one more that is new, so that new spans are
 * seen before all of the old ones are. A segment that fails is tried again until it is stored; those behind it go on.
 */
export class Delivery {
  readonly #sender: SegmentSender
  readonly #options: DeliveryOptions
  readonly #waiting: Parcel[] = []
  readonly #inFlight = new Map<Parcel, Promise<void>>()
  /** The one in flight that was taken before older ones. */
  #fresh: Parcel | undefined
  #failures = 0
  #stored = 0
  #pausedUntil = 0
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(sender: SegmentSender, options: DeliveryOptions) {
    this.#sender = sender
    this.#options = options
  }

  /** Takes a segment that is newer than those before. */
  add(segment: Segment): void {
    const since = segment.left ? Number.NEGATIVE_INFINITY : performance.now()
    this.#waiting.push({ segment, since, tries: 0, refusals: 0, storedBefore: 0, notBefore: 0 })
    this.#next()
  }

  /** Whether a segment that is closed now would be inserted at once. */
  get isIdle(): boolean {
    const now = performance.now()
    if (this.#isStopped || now < this.#pausedUntil) return false
    if (this.#inFlight.size === 0) return !this.#waiting.some(({ notBefore }) => notBefore <= now)
    return this.#isParallel && this.#fresh === undefined && this.#findFresh(now) === undefined
  }

  /** Resolves once nothing waits any more, after `patience` ms, or when ClickHouse does not take spans now. */
  async drain(patience: number): Promise<void> {
    const deadline = performance.now() + patience
    while (performance.now() < deadline) {
      if (this.#inFlight.size === 0 && (this.#isFailing || this.#waiting.length === 0)) return
      const pause = new Promise((resolve) => setTimeout(resolve, 20))
      await Promise.race([pause, ...this.#inFlight.values()])
    }
  }

  /** Begins no more inserts; those that are under way have to be ended by their sender. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await Promise.all(this.#inFlight.values())
  }

  get #isFailing(): boolean {
    return this.#failures > 0
  }

  /** After a failure, one segment finds out whether ClickHouse takes spans again. */
  get #isParallel(): boolean {
    return !this.#isFailing && this.#waiting.length + this.#inFlight.size > BACKLOG
  }

  #next(): void {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    const now = performance.now()
    for (let parcel = this.#pick(now); parcel !== undefined; parcel = this.#pick(now)) this.#begin(parcel)
    if (this.isIdle) this.#options.onIdle()
    this.#wakeUp(now)
  }

  #wakeUp(now: number): void {
    const waitsFor = this.#waiting.map(({ notBefore }) => notBefore).filter((time) => time > now)
    const due = now < this.#pausedUntil ? this.#pausedUntil : Math.min(...waitsFor)
    if (due < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#next(), Math.ceil(due - now))
  }

  #pick(now: number): Parcel | undefined {
    if (now < this.#pausedUntil) return undefined
    const oldest = this.#waiting.find(({ notBefore }) => notBefore <= now)
    if (!this.#isParallel) return this.#inFlight.size === 0 ? oldest : undefined
    const others = this.#inFlight.size - (this.#fresh === undefined ? 0 : 1)
    if (others < this.#options.parallel) return oldest
    if (this.#fresh === undefined) this.#fresh = this.#findFresh(now)
    else return undefined
    return this.#fresh
  }

  /** The newest segment, where it is new. */
  #findFresh(now: number): Parcel | undefined {
    return this.#waiting.findLast(({ since, notBefore }) => now - since < NEW && notBefore <= now)
  }

  #begin(parcel: Parcel): void {
    this.#waiting.splice(this.#waiting.indexOf(parcel), 1)
    const delivery = this.#deliver(parcel).finally(() => {
      this.#inFlight.delete(parcel)
      if (this.#fresh === parcel) this.#fresh = undefined
      this.#next()
    })
    this.#inFlight.set(parcel, delivery)
  }

  async #deliver(parcel: Parcel): Promise<void> {
    const { segment } = parcel
    const began = performance.now()
    let outcome: Outcome
    try {
      outcome = await (this.#isAtFault(parcel)
        ? this.#sender.deliverInParts(segment, this.#stored > parcel.storedBefore)
        : this.#sender.deliver(segment))
    } catch (error) {
      this.#fail(parcel, error as Error)
      return
    }
    this.#options.observe?.((performance.now() - began) / 1000, outcome.stored)
    if (this.#isFailing) this.#options.log.info({}, 'ClickHouse takes spans again')
    this.#failures = 0
    this.#stored += 1
    // What cannot be counted or deleted says so itself, and stays for the next process.
    await this.#options.finish(segment, outcome).catch(() => undefined)
  }

  #isAtFault({ refusals, tries, storedBefore }: Parcel): boolean {
    return refusals >= REFUSALS || (tries >= TRIES && this.#stored > storedBefore)
  }

  #fail(parcel: Parcel, error: Error): void {
    if (this.#isStopped) return
    const failure = error instanceof InsertError ? error.failure : 'unclear'
    this.#options.observeFailure?.(failure)
    this.#options.log.error({ segment: parcel.segment.name, failure, reason: error.message }, 'insert failed')
    if (parcel.tries === 0) parcel.storedBefore = this.#stored
    this.#failures += 1
    const now = performance.now()
    this.#pausedUntil = now + Math.min(FIRST_PAUSE * 2 ** (this.#failures - 1), LONGEST_PAUSE)
    if (failure === 'poison' || failure === 'unclear') {
      parcel.tries += 1
      parcel.notBefore = now + Math.min(FIRST_PAUSE * 2 ** parcel.tries, LONGEST_SEGMENT_PAUSE)
    }
    if (failure === 'poison') parcel.refusals += 1
    this.#putBack(parcel)
  }

  #putBack(parcel: Parcel): void {
    const at = this.#waiting.findIndex(({ segment }) => segment.name > parcel.segment.name)
    this.#waiting.splice(at === -1 ? this.#waiting.length : at, 0, parcel)
  }
}
