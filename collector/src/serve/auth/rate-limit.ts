import { Refusal } from '../../refusal.ts'

const BURST_SECONDS = 10
/**
 * Bytes, decompressed, that cost as much as a span: many times what a span has on average, so that only requests pay for
 * them that are few spans and much work, or none at all.
 */
const BYTES_OF_SPAN = 16 * 1024

interface Bucket {
  spans: number
  filled: number
}

/**
 * Limits the spans per second of each project. A request costs its spans, or its bytes where these cost more. It is admitted whole while there
 * is room for one span: what it takes too much, the next ones wait for. So none is half refused, and none is too large to be taken ever.
 */
export class RateLimit {
  readonly #rate: number
  readonly #burst: number
  readonly #now: () => number
  /** As many as there are projects with keys. */
  readonly #buckets = new Map<string, Bucket>()

  /**
   * @param rate spans per second
   * @param burst spans that a project which was silent may send at once; senders of batches are silent for seconds
   * @param now milliseconds
   */
  constructor(
    rate: number,
    burst: number = Math.max(rate * BURST_SECONDS, 1),
    now: () => number = () => performance.now(),
  ) {
    this.#rate = rate
    this.#burst = burst
    this.#now = now
  }

  /** @throws Refusal */
  admit(project: string): void {
    const { spans } = this.#bucket(project)
    if (spans >= 1) return
    const seconds = Math.max(Math.ceil((1 - spans) / this.#rate), 1)
    throw new Refusal(
      'rate_limited',
      `project ${project} sent more than ${this.#rate} spans a second. Try again in ${seconds} s`,
      { retryAfter: seconds },
    )
  }

  /** To be paid before the work that they make, whatever comes of it. @returns how many spans they cost, at least one */
  chargeBytes(project: string, bytes: number): number {
    const spans = Math.max(Math.ceil(bytes / BYTES_OF_SPAN), 1)
    this.charge(project, spans)
    return spans
  }

  charge(project: string, spans: number): void {
    this.#bucket(project).spans -= spans
  }

  #bucket(project: string): Bucket {
    const now = this.#now()
    const bucket = this.#buckets.get(project)
    if (bucket === undefined) {
      const full = { spans: this.#burst, filled: now }
      this.#buckets.set(project, full)
      return full
    }
    bucket.spans = Math.min(bucket.spans + ((now - bucket.filled) / 1000) * this.#rate, this.#burst)
    bucket.filled = now
    return bucket
  }
}
