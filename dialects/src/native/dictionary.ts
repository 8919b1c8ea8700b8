import { isUtf8 } from 'node:buffer'
import { ByteBuffer } from './byte-buffer.ts'
import { viewOf } from './view.ts'

const SLOTS = 128
/** A text that finds no free slot within so many stays out of the table: found never again, it is added each time. */
const MAX_PROBES = 32

/** The distinct texts of a column of a block, in the order that they came; number 0 is the empty text. */
export class Dictionary {
  readonly #texts = new ByteBuffer()
  #count = 1
  #starts = new Uint32Array(SLOTS / 2)
  #sizes = new Uint32Array(SLOTS / 2)
  #hashes = new Int32Array(SLOTS / 2)
  /** Numbers of texts by hash, 0: free. */
  #slots = new Uint32Array(SLOTS)
  readonly #numbers = new Map<string, number>()
  #mark = 1

  constructor() {
    this.#texts.byte(0)
  }

  get count(): number {
    return this.#count
  }

  /** Bytes of the texts that came. */
  get size(): number {
    return this.#texts.length - 1
  }

  /** The texts as a String column. */
  get bytes(): Uint8Array {
    return this.#texts.bytes.subarray(0, this.#texts.length)
  }

  /** True where text `number`, of this block or an earlier one, is what the bytes spell. */
  is(number: number, source: Buffer, start: number, end: number): boolean {
    const size = end - start
    return number < this.#count && this.#sizes[number] === size && this.#spells(number, source, start, size)
  }

  #spells(number: number, source: Buffer, start: number, size: number): boolean {
    const own = this.#starts[number]!
    if (size < 4) {
      for (let at = 0; at < size; at++) if (this.#texts.bytes[own + at] !== source[start + at]) return false
      return true
    }
    const last = size - 4
    const theirs = viewOf(source)
    const { view } = this.#texts
    // The last word overlaps the one before it where the size is no multiple of four.
    for (let at = 0; at < last; at += 4)
      if (view.getInt32(own + at) !== theirs.getInt32(start + at)) return false
    return view.getInt32(own + last) === theirs.getInt32(start + last)
  }

  /** Number of the text, which is added if it is new; where the bytes are not UTF-8, U+FFFD stands in. */
  find(source: Buffer, start: number, end: number): number {
    if (start === end) return 0
    const hash = hashOf(source, start, end)
    const mask = this.#slots.length - 1
    for (let slot = hash & mask, probes = 0; probes < MAX_PROBES; slot = (slot + 1) & mask, probes++) {
      const number = this.#slots[slot]!
      if (number === 0) break
      if (this.#hashes[number] === hash && this.is(number, source, start, end)) return number
    }
    return this.#add(source, start, end, hash)
  }

  findText(value: string): number {
    if (value === '') return 0
    const known = this.#numbers.get(value)
    if (known !== undefined) return known
    const bytes = Buffer.from(value)
    const number = this.find(bytes, 0, bytes.length)
    this.#numbers.set(value, number)
    return number
  }

  mark(): void {
    this.#mark = this.#count
    this.#texts.mark()
  }

  rollback(): void {
    if (this.#count === this.#mark) return
    this.#count = this.#mark
    this.#texts.rollback()
    this.#numbers.clear()
    this.#fillSlots(this.#slots.length)
  }

  clear(): void {
    if (this.#count === 1) return
    this.#count = 1
    this.#texts.clear()
    this.#texts.byte(0)
    this.#numbers.clear()
    this.#fillSlots(SLOTS)
  }

  #add(source: Buffer, start: number, end: number, hash: number): number {
    const before = this.#texts.length
    this.#texts.varint(end - start)
    const from = this.#texts.length
    if (!isUtf8(source.subarray(start, end))) {
      this.#texts.length = before
      const repaired = Buffer.from(source.toString('utf8', start, end))
      return this.find(repaired, 0, repaired.length)
    }
    this.#texts.copy(source, start, end)
    const number = this.#count++
    if (number >= this.#starts.length) this.#growEntries()
    this.#starts[number] = from
    this.#sizes[number] = end - start
    this.#hashes[number] = hash
    if (this.#count * 2 > this.#slots.length) this.#fillSlots(this.#slots.length * 4)
    else this.#fillSlot(number)
    return number
  }

  #growEntries(): void {
    const grown = <T extends Uint32Array | Int32Array>(values: T, larger: T): T => {
      larger.set(values)
      return larger
    }
    const length = this.#starts.length * 4
    this.#starts = grown(this.#starts, new Uint32Array(length))
    this.#sizes = grown(this.#sizes, new Uint32Array(length))
    this.#hashes = grown(this.#hashes, new Int32Array(length))
  }

  #fillSlots(length: number): void {
    if (length === this.#slots.length) this.#slots.fill(0)
    else this.#slots = new Uint32Array(length)
    for (let number = 1; number < this.#count; number++) this.#fillSlot(number)
  }

  #fillSlot(number: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#hashes[number]! & mask
    for (let probes = 0; probes < MAX_PROBES; probes++) {
      if (this.#slots[slot] === 0) {
        this.#slots[slot] = number
        return
      }
      slot = (slot + 1) & mask
    }
  }
}

/** Of the length and of up to 64 bytes, those at the end: long texts of a column rarely differ elsewhere alone. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let value = end - start
  let at = Math.max(start, end - 64)
  if (value >= 4) {
    const view = viewOf(bytes)
    for (; at + 4 <= end; at += 4) {
      value = Math.imul(value ^ view.getInt32(at), 0x9e37_79b1)
      value ^= value >>> 15
    }
  }
  for (; at < end; at++) value = Math.imul(value ^ bytes[at]!, 0x0100_0193)
  return value ^ (value >>> 16)
}
