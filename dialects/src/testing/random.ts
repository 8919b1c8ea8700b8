/** Numbers that follow from a seed (splitmix32, Steele et al. 2014, cut to 32 bits): the same ones on every machine. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 32 random bits. */
  bits(): number {
    this.#state = (this.#state + 0x9e37_79b9) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }

  /** A whole number from 0, less than `end`. */
  below(end: number): number {
    return end > 0 ? this.bits() % end : 0
  }

  /** A power of `base`, mostly a small one, less than `base ** end`. */
  powerOf(base: number, end: number): number {
    return base ** this.below(this.below(end) + 1)
  }

  oneOf<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }
}
