/** 64-byte lines of 16 words; a key sets and tests bits of one line, so that it costs one access to memory. */
const WORDS_PER_LINE = 16
/** 32 bits of memory for each key. With 10 of them set, a full generation takes one foreign key in 100,000 for its own. */
const KEYS_PER_LINE = 16
const BITS_PER_KEY = 10

export interface SettledKeysOptions {
  /** A power of two. */
  readonly keysPerGeneration?: number
  readonly generations?: number
}

/**
 * The keys that were added, of the newest ones: a Bloom filter in generations, the oldest of which is given up when
 * there are too many. `has` is true for every key that is remembered, and now and then for one that never was.
 */
export class SettledKeys {
  readonly #lines: number
  readonly #most: number
  readonly #generations: Generation[] = []

  constructor({ keysPerGeneration = 2 ** 21, generations = 16 }: SettledKeysOptions = {}) {
    this.#lines = keysPerGeneration / KEYS_PER_LINE
    this.#most = generations
  }

  /** How many keys are remembered at most. */
  get capacity(): number {
    return this.#lines * KEYS_PER_LINE * this.#most
  }

  /** Every key added after this time is remembered (milliseconds since 1970, 0: all are). */
  forgottenUntilMs = 0

  has(low: number, high: number): boolean {
    return this.#generations.some(({ words }) => isSet(words, this.#lines, low, high))
  }

  /** @param low the two halves of a 64-bit hash */
  add(low: number, high: number): void {
    let newest = this.#generations.at(-1)
    if (newest === undefined || newest.keys >= this.#lines * KEYS_PER_LINE) newest = this.#begin()
    const { words } = newest
    const line = lineOf(this.#lines, low)
    for (let nth = 0, hash = high; nth < BITS_PER_KEY; nth++, hash = nextHash(hash, low)) {
      words[line + (hash >>> 28)]! |= 1 << (hash >>> 23)
    }
    newest.keys++
  }

  #begin(): Generation {
    if (this.#generations.length === this.#most) {
      this.forgottenUntilMs = Math.max(this.forgottenUntilMs, this.#generations[1]!.begunMs)
      this.#generations.shift()
    }
    const generation = {
      words: new Uint32Array(this.#lines * WORDS_PER_LINE),
      keys: 0,
      // Clocks may be set back, but what was forgotten stays forgotten.
      begunMs: Math.max(Date.now(), this.#generations.at(-1)?.begunMs ?? 0),
    }
    this.#generations.push(generation)
    return generation
  }
}

interface Generation {
  readonly words: Uint32Array
  keys: number
  readonly begunMs: number
}

function isSet(words: Uint32Array, lines: number, low: number, high: number): boolean {
  const line = lineOf(lines, low)
  for (let nth = 0, hash = high; nth < BITS_PER_KEY; nth++, hash = nextHash(hash, low)) {
    if ((words[line + (hash >>> 28)]! & (1 << (hash >>> 23))) === 0) return false
  }
  return true
}

function lineOf(lines: number, low: number): number {
  return (low & (lines - 1)) * WORDS_PER_LINE
}

/** The first four bits of a hash choose the word, the next five the bit; the next hash is mixed from both halves. */
function nextHash(hash: number, low: number): number {
  return Math.imul(hash ^ (hash >>> 15) ^ low, 0x2c1b_3c6d) >>> 0
}
