/** A trace whose settling takes longer waits for so many times that long before it is settled again. */
const REST_FACTOR = 10
const SLOW_MS = 500

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 3_600_000
/** Of more, the oldest are forgotten and go with the others again. */
const MOST = 10_000

interface Entry {
  readonly untilMs: number
  /** In a row; 0: a large trace that rests. */
  readonly failures: number
}

/**
 * Traces that passes leave out, so that none of them stops or delays all others: those whose settling failed though they
 * were alone, which are tried again alone, and for a while large ones, which each late span would have settled as a whole
 * again. A worker that starts knows of none. Traces are named by `TRACE_NAME`; times are of the monotonic clock.
 */
export class Postponed {
  readonly #entries = new Map<string, Entry>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Those that the next pass leaves out. */
  get names(): string[] {
    const now = this.#now()
    return [...this.#entries]
      .filter(([, { failures, untilMs }]) => failures > 0 || untilMs > now)
      .map(([name]) => name)
  }

  /** A failed trace whose time has come. */
  get due(): string | undefined {
    const now = this.#now()
    for (const [name, { failures, untilMs }] of this.#entries) {
      if (failures > 0 && untilMs <= now) return name
    }
    return undefined
  }

  /** How many traces failed when they were last tried. */
  get failed(): number {
    return [...this.#entries.values()].filter(({ failures }) => failures > 0).length
  }

  /** @returns milliseconds until the trace is tried again: a second at first, doubling up to an hour */
  noteFailed(name: string): number {
    const failures = (this.#entries.get(name)?.failures ?? 0) + 1
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS)
    this.#set(name, { untilMs: this.#now() + waitMs, failures })
    return waitMs
  }

  noteSettled(name: string, tookMs: number): void {
    this.#entries.delete(name)
    if (tookMs > SLOW_MS) this.#set(name, { untilMs: this.#now() + REST_FACTOR * tookMs, failures: 0 })
  }

  #set(name: string, entry: Entry): void {
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    if (this.#entries.size > MOST) this.#entries.delete(this.#entries.keys().next().value!)
  }
}
