import { flush } from '@weir/sdk'

/** Spans that did not reach the collector. */
export interface MissingSpans {
  readonly lost: number
  /** Not delivered by the last flush. */
  readonly pending: number
  /** Why the last export failed, if one did. */
  readonly reason: string | undefined
}

export const NOTHING_MISSING: MissingSpans = { lost: 0, pending: 0, reason: undefined }

export function addMissing(a: MissingSpans, b: MissingSpans): MissingSpans {
  return { lost: a.lost + b.lost, pending: a.pending + b.pending, reason: b.reason ?? a.reason }
}

/** How long a collector that did not answer is not asked again. */
const RETRY_AFTER_MS = 5_000

/** Delivers what this process recorded. Trials that end at about the same time share one request. */
class Delivery {
  #missing: MissingSpans = NOTHING_MISSING
  #current: Promise<unknown> = Promise.resolve()
  #next: Promise<MissingSpans> | undefined
  #failedMs = Number.NEGATIVE_INFINITY

  /** In all since the process began. */
  get missing(): MissingSpans {
    return this.#missing
  }

  /** Resolves once everything that was recorded before the call is delivered, or cannot be for now. */
  async deliver(): Promise<MissingSpans> {
    if (performance.now() - this.#failedMs < RETRY_AFTER_MS) return this.#missing
    // A flush that is going on may have begun before the last span ended.
    this.#next ??= this.#current.then(() => this.#flush())
    return this.#next
  }

  async #flush(): Promise<MissingSpans> {
    this.#current = this.#next!
    this.#next = undefined
    const { lost, pending, reason } = await flush({ timeout: this.#missing.pending > 0 ? '1s' : '10s' })
    this.#failedMs = pending > 0 ? performance.now() : Number.NEGATIVE_INFINITY
    this.#missing = { lost: this.#missing.lost + lost, pending, reason: reason ?? this.#missing.reason }
    return this.#missing
  }

  /** Tries once more what could not be delivered. */
  async last(): Promise<MissingSpans> {
    this.#failedMs = Number.NEGATIVE_INFINITY
    return this.deliver()
  }
}

/** Of this process: the SDK has one queue. */
export const delivery: Delivery = new Delivery()
