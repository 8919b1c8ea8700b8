import { KEEP_BYTES } from './column.ts'
import { Dictionary } from './dictionary.ts'
import { uint64s } from './uint64s.ts'

const VERSION = 1
/** The dictionary comes with the block, and every block brings its own. */
const FLAGS = 0x600

/** The part of a LowCardinality(String) column that every block of it begins with. */
export const DICTIONARY_PREFIX: Uint8Array = uint64s(VERSION)

/** Texts as numbers of a dictionary: the content of a LowCardinality(String) column. */
export class Indexes {
  readonly dictionary: Dictionary = new Dictionary()
  length = 0
  #values = new Uint32Array(256)
  #mark = 0

  get size(): number {
    return this.dictionary.size + this.length * (this.dictionary.count > 0x100 ? 2 : 1)
  }

  push(number: number): void {
    if (this.length === this.#values.length) this.#grow(this.length + 1)
    this.#values[this.length++] = number
  }

  /** Appends the number until there are `length`. */
  fill(number: number, length: number): void {
    if (length > this.#values.length) this.#grow(length)
    if (length - this.length > 16) this.#values.fill(number, this.length, length)
    else for (let at = this.length; at < length; at++) this.#values[at] = number
    this.length = length
  }

  #grow(length: number): void {
    const grown = new Uint32Array(Math.max(this.#values.length * 2, length))
    grown.set(this.#values)
    this.#values = grown
  }

  mark(): void {
    this.#mark = this.length
    this.dictionary.mark()
  }

  rollback(): void {
    this.length = this.#mark
    this.dictionary.rollback()
  }

  clear(): void {
    this.length = 0
    this.dictionary.clear()
    if (this.#values.byteLength > KEEP_BYTES) this.#values = new Uint32Array(256)
  }

  /** Index width, dictionary and indexes; nothing where there are no rows. */
  pieces(): readonly Uint8Array[] {
    if (this.length === 0) return []
    const { count, bytes } = this.dictionary
    const width = count <= 0x100 ? 0 : count <= 0x1_0000 ? 1 : 2
    const values = this.#values.subarray(0, this.length)
    const narrow = width === 0 ? new Uint8Array(values) : width === 1 ? new Uint16Array(values) : values
    return [
      uint64s(FLAGS | width, count),
      bytes,
      uint64s(this.length),
      new Uint8Array(narrow.buffer, narrow.byteOffset, narrow.byteLength),
    ]
  }
}
