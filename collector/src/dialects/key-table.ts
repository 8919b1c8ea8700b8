/** Finds known keys by their bytes, without making a string of what is looked up. Keys get numbers from 0. */
export class KeyTable {
  readonly #mask: number
  readonly #ids: Int32Array
  readonly #keys: Buffer[]

  constructor(keys: readonly string[]) {
    this.#keys = keys.map((key) => Buffer.from(key))
    const size = 2 ** Math.ceil(Math.log2(Math.max(keys.length, 1) * 4))
    this.#mask = size - 1
    this.#ids = new Int32Array(size).fill(-1)
    for (const [id, key] of this.#keys.entries()) {
      let slot = hash(key, 0, key.length) & this.#mask
      while (this.#ids[slot] !== -1) slot = (slot + 1) & this.#mask
      this.#ids[slot] = id
    }
  }

  /** Number of the key that the bytes spell, -1 if none. */
  find(bytes: Buffer, start: number, end: number): number {
    let slot = hash(bytes, start, end) & this.#mask
    for (;;) {
      const id = this.#ids[slot]!
      if (id === -1 || equals(this.#keys[id]!, bytes, start, end)) return id
      slot = (slot + 1) & this.#mask
    }
  }
}

/** Known keys are short and differ at the end: the length and the last 16 bytes spread them well. */
function hash(bytes: Buffer, start: number, end: number): number {
  let value = end - start
  for (let at = Math.max(start, end - 16); at < end; at++) value = Math.imul(value ^ bytes[at]!, 0x0100_0193)
  return value ^ (value >>> 15)
}

function equals(key: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (key.length !== end - start) return false
  for (let at = 0; at < key.length; at++) if (key[at] !== bytes[start + at]) return false
  return true
}
