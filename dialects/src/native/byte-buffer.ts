import { isUtf8 } from 'node:buffer'
import { KEEP_BYTES } from './column.ts'
import { viewOf } from './view.ts'

/** Beyond this many bytes, copying and checking natively is faster than a loop over words. */
const LOOP_COPY_LIMIT = 400
/** Strings up to this length are written without leaving JavaScript. */
const SHORT_TEXT = 48
/** The highest bits of four bytes: set where they are not ASCII. */
const NOT_ASCII = 0x8080_8080 | 0

/** Growing bytes, written end to end. Reused from block to block. */
export class ByteBuffer {
  bytes: Buffer
  length = 0
  view: DataView
  #mark = 0

  constructor(capacity = 1024) {
    this.bytes = Buffer.allocUnsafeSlow(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  mark(): void {
    this.#mark = this.length
  }

  rollback(): void {
    this.length = this.#mark
  }

  clear(): void {
    this.length = 0
    if (this.bytes.length > KEEP_BYTES) this.#use(Buffer.allocUnsafeSlow(1024))
  }

  reserve(size: number): void {
    if (this.length + size > this.bytes.length) this.#grow(size)
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + size))
    this.bytes.copy(grown, 0, 0, this.length)
    this.#use(grown)
  }

  #use(bytes: Buffer): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  varint(value: number): void {
    this.reserve(5)
    let rest = value
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[this.length++] = rest
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const size = end - start
    this.reserve(size)
    if (size > LOOP_COPY_LIMIT) this.bytes.set(source.subarray(start, end), this.length)
    else this.#copyWords(source, start, size)
    this.length += size
  }

  /** Copies by words of four bytes, the last of which overlaps the one before; returns the bits that occur. */
  #copyWords(source: Uint8Array, start: number, size: number): number {
    const to = this.length
    let seen = 0
    if (size < 4) {
      for (let at = 0; at < size; at++) {
        const byte = source[start + at]!
        seen |= byte
        this.bytes[to + at] = byte
      }
      return seen & 0x80
    }
    const from = viewOf(source)
    const view = this.view
    const last = size - 4
    for (let at = 0; at < last; at += 4) {
      const word = from.getInt32(start + at)
      seen |= word
      view.setInt32(to + at, word)
    }
    const word = from.getInt32(start + last)
    view.setInt32(to + last, word)
    return (seen | word) & NOT_ASCII
  }

  zeros(size: number): void {
    this.reserve(size)
    this.bytes.fill(0, this.length, this.length + size)
    this.length += size
  }

  /** A string of a Native column: its length, then its bytes. */
  text(value: string): void {
    if (value.length < SHORT_TEXT && this.#ascii(value)) return
    const size = Buffer.byteLength(value)
    this.varint(size)
    this.reserve(size)
    this.length += this.bytes.write(value, this.length)
  }

  /** Writes a short string if it is ASCII: without leaving JavaScript. */
  #ascii(value: string): boolean {
    const { length } = value
    this.reserve(length + 1)
    const { bytes } = this
    let at = this.length
    bytes[at++] = length
    for (let from = 0; from < length; from++) {
      const code = value.charCodeAt(from)
      if (code >= 0x80) return false
      bytes[at++] = code
    }
    this.length = at
    return true
  }

  /** A whole number from 0 to 2^31 - 1 as a string of a Native column. */
  digits(value: number): void {
    let count = 1
    for (let limit = 10; count < 10 && value >= limit; limit *= 10) count++
    this.reserve(11)
    this.bytes[this.length] = count
    let rest = value
    for (let at = this.length + count; at > this.length; at--) {
      const tenth = (rest / 10) | 0
      this.bytes[at] = 48 + rest - tenth * 10
      rest = tenth
    }
    this.length += 1 + count
  }

  /** A string of a Native column from UTF-8 bytes; where they are not UTF-8, U+FFFD stands in. */
  utf8(source: Buffer, start: number, end: number): void {
    const size = end - start
    const before = this.length
    this.reserve(size + 5)
    if (size < 0x80) this.bytes[this.length++] = size
    else this.varint(size)
    let isAscii = false
    if (size > LOOP_COPY_LIMIT) this.bytes.set(source.subarray(start, end), this.length)
    else isAscii = this.#copyWords(source, start, size) === 0
    this.length += size
    if (isAscii || isUtf8(source.subarray(start, end))) return
    this.length = before
    this.text(source.toString('utf8', start, end))
  }
}
