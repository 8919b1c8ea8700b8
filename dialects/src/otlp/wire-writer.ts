import { BYTES, FIXED32, FIXED64, VARINT } from './wire-reader.ts'

/** The most that the length of a nested message takes. */
const LENGTH_BYTES = 5
/** Beyond this many bytes, native copying is faster than a loop. */
const LOOP_COPY_LIMIT = 48
const TWO_32 = 0x1_0000_0000

/** Writes protobuf into one growing buffer, nested messages in place. */
export class WireWriter {
  bytes: Buffer
  length = 0

  /** @param bytes memory to begin with */
  constructor(bytes: Buffer = Buffer.allocUnsafe(1024)) {
    this.bytes = bytes
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.length)
  }

  /** A whole number from 0 to 2^53. */
  varint(field: number, value: number): void {
    this.#tag(field, VARINT)
    let rest = value
    if (rest >= TWO_32) {
      this.reserve(10)
      for (; rest >= TWO_32; rest = Math.floor(rest / 128)) this.bytes[this.length++] = (rest % 128) | 0x80
    }
    this.#uint32(rest)
  }

  int64(field: number, value: bigint): void {
    this.#tag(field, VARINT)
    let rest = BigInt.asUintN(64, value)
    this.reserve(10)
    while (rest >= 0x80n) {
      this.bytes[this.length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.bytes[this.length++] = Number(rest)
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED64)
    this.reserve(8)
    this.length = this.bytes.writeDoubleLE(value, this.length)
  }

  /** Two unsigned halves. */
  fixed64(field: number, low: number, high: number): void {
    this.#tag(field, FIXED64)
    this.reserve(8)
    this.#halfWord(low)
    this.#halfWord(high)
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, FIXED32)
    this.reserve(4)
    this.#halfWord(value)
  }

  text(field: number, value: string): void {
    this.#tag(field, BYTES)
    const size = Buffer.byteLength(value)
    this.#uint32(size)
    this.reserve(size)
    this.length += this.bytes.write(value, this.length)
  }

  /** One byte of a field that is open. */
  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.length++] = value
  }

  /** A length-delimited field that is a range of other bytes. */
  range(field: number, source: Buffer, start: number, end: number): void {
    const size = end - start
    this.#tag(field, BYTES)
    this.#uint32(size)
    this.reserve(size)
    const { bytes } = this
    let at = this.length
    this.length += size
    if (size > LOOP_COPY_LIMIT) source.copy(bytes, at, start, end)
    else for (let from = start; from < end; from++) bytes[at++] = source[from]!
  }

  /**
   * Opens a nested message; what comes until `close` is its content.
   * @param lengthBytes how many its length will probably take; where it takes more, the content moves
   * @returns where the content begins
   */
  open(field: number, lengthBytes = 1): number {
    this.#tag(field, BYTES)
    this.reserve(lengthBytes)
    this.length += lengthBytes
    return this.length
  }

  /** Closes the message whose content began at `mark`. Its length is padded where it takes less than foreseen. */
  close(mark: number, lengthBytes = 1): void {
    const size = this.length - mark
    if (lengthBytes === 1 && size < 0x80) {
      this.bytes[mark - 1] = size
      return
    }
    let needed = lengthBytes
    while (needed < LENGTH_BYTES && size >= 2 ** (7 * needed)) needed += 1
    if (needed > lengthBytes) {
      this.reserve(needed - lengthBytes)
      this.bytes.copyWithin(mark + needed - lengthBytes, mark, this.length)
      this.length += needed - lengthBytes
    }
    let at = mark - lengthBytes
    let rest = size
    for (; needed > 1; needed--) {
      this.bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[at] = rest
  }

  /** Takes out what stands between two positions. */
  remove(start: number, end: number): void {
    this.bytes.copyWithin(start, end, this.length)
    this.length -= end - start
  }

  #tag(field: number, wire: number): void {
    this.#uint32((field << 3) | wire)
  }

  #uint32(value: number): void {
    this.reserve(LENGTH_BYTES)
    if (value < 0x80) {
      this.bytes[this.length++] = value
      return
    }
    let rest = value
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[this.length++] = rest
  }

  reserve(size: number): void {
    if (this.length + size > this.bytes.length) this.#grow(size)
  }

  #halfWord(value: number): void {
    const { bytes, length } = this
    bytes[length] = value & 0xff
    bytes[length + 1] = (value >>> 8) & 0xff
    bytes[length + 2] = (value >>> 16) & 0xff
    bytes[length + 3] = value >>> 24
    this.length = length + 4
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + size))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }
}

/** How many bytes the length of so much takes at most. */
export function lengthBytesOf(size: number): number {
  return size < 0x80 ? 1 : size < 0x4000 ? 2 : LENGTH_BYTES
}

/** A whole number from 0 to 2^53 by itself. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
