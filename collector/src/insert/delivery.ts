import type { InsertFailure } from '@weir/store'
import type { Log } from '../log.ts'
import type { Outcome } from '../wal/ledger.ts'
import type { Segment } from '../wal/segment.ts'
import { InsertError } from './insert-error.ts'

/** Inserts segments. */
export interface SegmentSender {
  deliver(segment: Segment): Promise<Outcome>
  /** Whether an earlier process began to deliver it in parts. */
  isInParts(segment: Segment): boolean
  /** Where ClickHouse refuses the whole for its content: in so many inserts about. */
  deliverInParts(segment: Segment, takesOthers: boolean, budget: number): Promise<Outcome>
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
/** Inserts for the segments together that wait to be delivered in parts, and for each of them at least. */
const PART_INSERTS = 20_000
const LEAST_PART_INSERTS = 16

/**
 * The segments that wait to be inserted, oldest first: one at a time, so that spans become visible in the order in
 * which they were acknowledged. Where many wait, several at a time, and one more that is new, so that new spans are
 * seen before all of the old ones are. A segment that fails is tried again until it is stored; those behind it go on.
 * What ClickHouse refuses for its content is delivered in parts beside all others, one segment at a time: that takes
 * thousands of inserts where thousands of spans are at fault. The more segments wait for it, the fewer inserts each has.
 */
export class Delivery {
  readonly #sender: SegmentSender
  readonly #options: DeliveryOptions
  readonly #waiting: Parcel[] = []
  readonly #inFlight = new Map<Parcel, Promise<void>>()
  /** Those at fault, to be delivered in parts. */
  readonly #refused: Parcel[] = []
  #inParts: Promise<void> | undefined
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
    const since = segment.recovered ? Number.NEGATIVE_INFINITY : performance.now()
    const isInParts = segment.recovered && this.#sender.isInParts(segment)
    const refusals = isInParts ? REFUSALS : 0
    const parcel = { segment, since, tries: 0, refusals, storedBefore: 0, notBefore: 0 }
    ;(isInParts ? this.#refused : this.#waiting).push(parcel)
    this.#next()
  }

  /** Whether a segment that is closed now would be inserted at once. */
  get isIdle(): boolean {
    const now = performance.now()
    if (this.#isStopped || now < this.#pausedUntil) return false
    if (this.#inFlight.size === 0) return !this.#waiting.some(({ notBefore }) => notBefore <= now)
    return this.#isParallel && this.#fresh === undefined && this.#findFresh(now) === undefined
  }

  /** Resolves once nothing waits any more, after `timeoutMs`, or when ClickHouse does not take spans now. */
  async drain(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (performance.now() < deadline) {
      const isDone = this.#waiting.length + this.#refused.length === 0 && this.#inParts === undefined
      if (this.#inFlight.size === 0 && (this.#isFailing || isDone)) return
      const pause = new Promise((resolve) => setTimeout(resolve, 20))
      await Promise.race([pause, ...this.#inFlight.values()])
    }
  }

  /** Begins no more inserts; those that are under way have to be ended by their sender. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await Promise.all([...this.#inFlight.values(), this.#inParts])
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
    this.#beginParts(now)
    if (this.isIdle) this.#options.onIdle()
    this.#wakeUp(now)
  }

  #wakeUp(now: number): void {
    const waiting = [...this.#waiting, ...this.#refused]
    const waitsFor = waiting.map(({ notBefore }) => notBefore).filter((time) => time > now)
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
    const began = performance.now()
    let outcome: Outcome
    try {
      outcome = await this.#sender.deliver(parcel.segment)
    } catch (error) {
      this.#fail(parcel, error as Error)
      return
    }
    this.#options.observe?.((performance.now() - began) / 1000, outcome.stored)
    if (this.#isFailing) this.#options.log.info({}, 'ClickHouse takes spans again')
    this.#failures = 0
    this.#stored += 1
    await this.#finish(parcel, outcome)
  }

  /** What cannot be counted or deleted says so itself, and stays for the next process. */
  async #finish({ segment }: Parcel, outcome: Outcome): Promise<void> {
    await this.#options.finish(segment, outcome).catch(() => undefined)
  }

  #beginParts(now: number): void {
    if (this.#inParts !== undefined || now < this.#pausedUntil) return
    const at = this.#refused.findIndex(({ notBefore }) => notBefore <= now)
    if (at === -1) return
    const budget = Math.max(LEAST_PART_INSERTS, Math.round(PART_INSERTS / this.#refused.length))
    const [parcel] = this.#refused.splice(at, 1)
    this.#inParts = this.#deliverInParts(parcel!, budget).finally(() => {
      this.#inParts = undefined
      this.#next()
    })
  }

  /** Says nothing about whether ClickHouse takes the other segments, except that it does when some is stored. */
  async #deliverInParts(parcel: Parcel, budget: number): Promise<void> {
    try {
      const takesOthers = this.#stored > parcel.storedBefore
      const outcome = await this.#sender.deliverInParts(parcel.segment, takesOthers, budget)
      if (outcome.stored > 0) {
        this.#failures = 0
        this.#stored += 1
      }
      await this.#finish(parcel, outcome)
    } catch (error) {
      if (this.#isStopped) return
      const failure = this.#observe(parcel, error as Error)
      const isOutage = failure === 'away' || failure === 'busy'
      if (!isOutage) parcel.tries += 1
      parcel.notBefore = performance.now() + (isOutage ? LONGEST_PAUSE : pauseAfter(parcel.tries))
      putBack(this.#refused, parcel)
    }
  }

  #isAtFault({ refusals, tries, storedBefore }: Parcel): boolean {
    return refusals >= REFUSALS || (tries >= TRIES && this.#stored > storedBefore)
  }

  #observe({ segment }: Parcel, error: Error): InsertFailure {
    const failure = error instanceof InsertError ? error.failure : 'unclear'
    this.#options.observeFailure?.(failure)
    this.#options.log.error({ segment: segment.name, failure, reason: error.message }, 'insert failed')
    return failure
  }

  #fail(parcel: Parcel, error: Error): void {
    if (this.#isStopped) return
    const failure = this.#observe(parcel, error)
    if (parcel.tries === 0) parcel.storedBefore = this.#stored
    const now = performance.now()
    // A refusal of this segment's content says nothing about the others: they go on after a moment.
    if (failure !== 'poison') this.#failures += 1
    this.#pausedUntil = now + Math.min(FIRST_PAUSE * 2 ** Math.max(0, this.#failures - 1), LONGEST_PAUSE)
    if (failure === 'poison' || failure === 'unclear') {
      parcel.tries += 1
      parcel.notBefore = now + pauseAfter(parcel.tries)
    }
    if (failure === 'poison') parcel.refusals += 1
    putBack(this.#isAtFault(parcel) ? this.#refused : this.#waiting, parcel)
  }
}

function pauseAfter(tries: number): number {
  return Math.min(FIRST_PAUSE * 2 ** tries, LONGEST_SEGMENT_PAUSE)
}

function putBack(parcels: Parcel[], parcel: Parcel): void {
  const at = parcels.findIndex(({ segment }) => segment.name > parcel.segment.name)
  parcels.splice(at === -1 ? parcels.length : at, 0, parcel)
}
