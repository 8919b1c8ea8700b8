/** Lets only so many at a time begin, in the order in which they came. */
export class Slots {
  readonly #most: () => number
  readonly #waiting: (() => void)[] = []
  #taken = 0

  /** @param most may change: it counts when a slot is taken or given back */
  constructor(most: () => number) {
    this.#most = most
  }

  async take(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
      this.#admit()
    })
  }

  giveBack(): void {
    this.#taken--
    this.#admit()
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#taken < this.#most()) {
      this.#taken++
      this.#waiting.shift()!()
    }
  }
}
