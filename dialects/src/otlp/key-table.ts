import { viewOf } from '../native/view.ts'

/** Odd, with well-mixed bits: 2^32 divided by the golden ratio. */
const MIX = 0x9e37_79b1 | 0

/**
 * Finds known keys by their bytes, without making a string of what is looked up. Keys get numbers from 0. Looking up
 * costs the same however many keys there are: a hash of its words, and a comparison where it hits.
 */
export class KeyTable {
  readonly #ids: Int32Array
  readonly #shift: number
  /** All keys end to end; key `id` stands from `starts[id]` to `starts[id + 1]`. */
  readonly #keys: DataView
  readonly #starts: Int32Array

  constructor(keys: readonly string[]) {
    const bits = Math.ceil(Math.log2(Math.max(keys.length, 1) * 8))
    this.#shift = 32 - bits
    this.#ids = new Int32Array(2 ** bits).fill(-1)
    this.#keys = viewOf(Buffer.from(keys.join('')))
    this.#starts = new Int32Array(keys.length + 1)
    for (const [id, key] of keys.entries()) {
      const start = this.#starts[id]!
      const end = start + Buffer.byteLength(key)
      this.#starts[id + 1] = end
      let slot = hash(this.#keys, start, end) >>> this.#shift
      while (this.#ids[slot] !== -1) slot = this.#next(slot)
      this.#ids[slot] = id
    }
  }

  /** Number of the key that the bytes spell, -1 if none. */
  find(bytes: DataView, start: number, end: number): number {
    let slot = hash(bytes, start, end) >>> this.#shift
    for (;;) {
      const id = this.#ids[slot]!
      if (id === -1 || this.#isKey(id, bytes, start, end)) return id
      slot = this.#next(slot)
    }
  }

  #next(slot: number): number {
    return slot + 1 === this.#ids.length ? 0 : slot + 1
  }

  #isKey(id: number, bytes: DataView, start: number, end: number): boolean {
    const length = end - start
    const own = this.#starts[id]!
    if (this.#starts[id + 1]! - own !== length) return false
    if (length < 4) {
      for (let at = 0; at < length; at++)
        if (bytes.getUint8(start + at) !== this.#keys.getUint8(own + at)) return false
      return true
    }
    // The last word overlaps the one before it where the length is no multiple of four.
    const last = length - 4
    for (let at = 0; at < last; at += 4)
      if (bytes.getInt32(start + at) !== this.#keys.getInt32(own + at)) return false
    return bytes.getInt32(start + last) === this.#keys.getInt32(own + last)
  }
}

/** True where the bytes at a position are these, of which there are four or more. */
export function startsWith(bytes: DataView, at: number, these: DataView): boolean {
  const last = these.byteLength - 4
  if (at + these.byteLength > bytes.byteLength) return false
  for (let word = 0; word < last; word += 4)
    if (bytes.getInt32(at + word) !== these.getInt32(word)) return false
  return bytes.getInt32(at + last) === these.getInt32(last)
}

/** Every word counts: keys of different clients often differ in a few letters in the middle. */
function hash(bytes: DataView, start: number, end: number): number {
  let value = end - start
  if (value < 4) for (let at = start; at < end; at++) value = (value << 8) | bytes.getUint8(at)
  else {
    const last = end - 4
    for (let at = start; at < last; at += 4) value = Math.imul(value ^ bytes.getInt32(at), MIX)
    value ^= bytes.getInt32(last)
  }
  value = Math.imul(value ^ (value >>> 15), MIX)
  return value ^ (value >>> 15)
}
