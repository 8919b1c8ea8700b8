/** Bytes of requests that are held in memory at the same time, all together. */
export class MemoryBudget {
  readonly #limit: number
  readonly #others: () => number
  #held = 0

  /** @param others what else counts against the limit */
  constructor(limit: number, others: () => number) {
    this.#limit = limit
    this.#others = others
  }

  get held(): number {
    return this.#held
  }

  /** Bytes that can still be taken. */
  get room(): number {
    return this.#limit - this.#held - this.#others()
  }

  /** False where there is no room left. */
  take(bytes: number): boolean {
    if (bytes > this.room) return false
    this.#held += bytes
    return true
  }

  give(bytes: number): void {
    this.#held -= bytes
  }
}
