import { isUtf8 } from 'node:buffer'
import { KEEP_BYTES } from './column.ts'

/** Beyond this many bytes, native copying is faster than a loop. */
const LOOP_COPY_LIMIT = 48

/** Growing bytes, written end to end. Reused from block to block. */
export class ByteBuffer {
  bytes: Buffer
  length = 0
  #mark = 0

  constructor(capacity = 1024) {
    this.bytes = Buffer.allocUnsafe(capacity)
  }

  mark(): void {
    this.#mark = this.length
  }

  rollback(): void {
    this.length = this.#mark
  }

  clear(): void {
    this.length = 0
    if (this.bytes.length > KEEP_BYTES) this.bytes = Buffer.allocUnsafe(1024)
  }

  reserve(size: number): void {
    if (this.length + size > this.bytes.length) this.#grow(size)
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + size))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
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
    const { bytes } = this
    if (size > LOOP_COPY_LIMIT) bytes.set(source.subarray(start, end), this.length)
    else for (let from = start, at = this.length; from < end; from++) bytes[at++] = source[from]!
    this.length += size
  }

  zeros(size: number): void {
    this.reserve(size)
    this.bytes.fill(0, this.length, this.length + size)
    this.length += size
  }

  /** A string of a Native column: its length, then its bytes. */
  text(value: string): void {
    if (value.length < LOOP_COPY_LIMIT && this.#ascii(value)) return
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

  /** A string of a Native column from UTF-8 bytes; where they are not UTF-8, U+FFFD stands in. */
  utf8(source: Buffer, start: number, end: number): void {
    const size = end - start
    const before = this.length
    this.reserve(size + 5)
    this.varint(size)
    if (size > LOOP_COPY_LIMIT) {
      const text = source.subarray(start, end)
      this.bytes.set(text, this.length)
      this.length += size
      if (isUtf8(text)) return
    } else {
      const { bytes } = this
      let at = this.length
      let seen = 0
      for (let from = start; from < end; from++) {
        const byte = source[from]!
        seen |= byte
        bytes[at++] = byte
      }
      this.length = at
      if (seen < 0x80 || isUtf8(source.subarray(start, end))) return
    }
    this.length = before
    this.text(source.toString('utf8', start, end))
  }
}
