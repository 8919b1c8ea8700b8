import { isUtf8 } from 'node:buffer'

/** Beyond this many bytes, native copying is faster than a loop. */
const LOOP_COPY_LIMIT = 48
/** A buffer that grew larger than this is given back when it is cleared. */
const KEEP_CAPACITY = 4 * 1024 * 1024

/** Growing bytes, the part of a column that is written end to end. Reused from block to block. */
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
    if (this.bytes.length > KEEP_CAPACITY) this.bytes = Buffer.allocUnsafe(1024)
  }

  reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + size))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  uint32(value: number): void {
    this.reserve(4)
    this.bytes.writeUInt32LE(value >>> 0, this.length)
    this.length += 4
  }

  /** An unsigned integer up to 2^53. */
  uint64(value: number): void {
    this.reserve(8)
    this.bytes.writeUInt32LE(value % 0x1_0000_0000, this.length)
    this.bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), this.length + 4)
    this.length += 8
  }

  double(value: number): void {
    this.reserve(8)
    this.bytes.writeDoubleLE(value, this.length)
    this.length += 8
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

  copy(source: Buffer, start: number, end: number): void {
    this.reserve(end - start)
    const { bytes } = this
    let at = this.length
    if (end - start > LOOP_COPY_LIMIT) at += source.copy(bytes, at, start, end)
    else for (let from = start; from < end; from++) bytes[at++] = source[from]!
    this.length = at
  }

  zeros(size: number): void {
    this.reserve(size)
    this.bytes.fill(0, this.length, this.length + size)
    this.length += size
  }

  /** A string of a Native column: its length, then its bytes. */
  text(value: string): void {
    if (value.length < LOOP_COPY_LIMIT && this.#ascii(value)) return
    const most = value.length * 3
    this.reserve(most + 5)
    if (most < 0x80) {
      const size = this.bytes.write(value, this.length + 1)
      this.bytes[this.length] = size
      this.length += 1 + size
      return
    }
    const size = Buffer.byteLength(value)
    this.varint(size)
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
    this.varint(size)
    if (size > LOOP_COPY_LIMIT) {
      this.copy(source, start, end)
      if (isUtf8(source.subarray(start, end))) return
    } else {
      this.reserve(size)
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
