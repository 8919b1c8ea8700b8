import { DecodeError } from './limits.ts'

/** Wire types, https://protobuf.dev/programming-guides/encoding/#structure */
export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
const GROUP_START = 3
const GROUP_END = 4
export const FIXED32 = 5

const MAX_GROUP_DEPTH = 100

/**
 * Reads protobuf out of one buffer by position. Reading a field is `tag()`, then either a typed read or `skip`.
 * Every length is checked against the enclosing message, so no position ever leaves the body.
 */
export class WireReader {
  readonly bytes: Buffer
  pos = 0
  /** End of the message that is being read. */
  end = 0
  /** Field number and wire type of the last tag. */
  field = 0
  wire = 0
  /** The last varint or fixed64 as two unsigned 32-bit halves. */
  low = 0
  high = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.end = bytes.length
  }

  /** Moves to the next field of the message; false at its end. */
  next(): boolean {
    if (this.pos >= this.end) return false
    const tag = this.uint32()
    this.field = tag >>> 3
    this.wire = tag & 7
    if (this.field === 0) throw new DecodeError(`field number 0 at byte ${this.pos}`)
    return true
  }

  /** Passes over the next field's tag if it is this one, of one byte. */
  isAt(tag: number): boolean {
    if (this.pos >= this.end || this.bytes[this.pos] !== tag) return false
    this.pos += 1
    return true
  }

  /** A varint cut to its low 32 bits. */
  uint32(): number {
    const byte = this.bytes[this.pos]!
    if (byte < 0x80 && this.pos < this.end) {
      this.pos += 1
      return byte
    }
    this.varint()
    return this.low
  }

  /** A varint of up to 64 bits into `low` and `high`. */
  varint(): void {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.pos >= this.end) throw new DecodeError(`truncated varint at byte ${this.pos}`)
      const byte = this.bytes[this.pos++]!
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        this.low = low >>> 0
        this.high = high >>> 0
        return
      }
    }
    throw new DecodeError(`varint longer than 10 bytes at byte ${this.pos}`)
  }

  /** Start of a fixed-width value of `size` bytes, passed over. */
  fixed(size: number): number {
    const at = this.pos
    if (at + size > this.end) throw new DecodeError(`truncated value at byte ${at}: ${size} bytes expected`)
    this.pos = at + size
    return at
  }

  /** End of the length-delimited value that starts at `pos`; the caller moves `pos` there. */
  delimited(): number {
    this.high = 0
    const length = this.uint32()
    if (this.high !== 0) throw new DecodeError(`length beyond 4 GiB at byte ${this.pos}`)
    const end = this.pos + length
    if (end > this.end) throw new DecodeError(`length ${length} at byte ${this.pos} leaves its message`)
    return end
  }

  /** Passes over the current field's value, whatever its wire type. */
  skip(depth = 0): void {
    switch (this.wire) {
      case VARINT:
        this.varint()
        break
      case FIXED64:
        this.fixed(8)
        break
      case BYTES:
        this.pos = this.delimited()
        break
      case FIXED32:
        this.fixed(4)
        break
      case GROUP_START:
        this.#skipGroup(this.field, depth)
        break
      default:
        throw new DecodeError(`wire type ${this.wire} at byte ${this.pos}`)
    }
  }

  #skipGroup(field: number, depth: number): void {
    if (depth >= MAX_GROUP_DEPTH) throw new DecodeError(`groups nested deeper than ${MAX_GROUP_DEPTH}`)
    while (this.next()) {
      if (this.wire === GROUP_END) {
        if (this.field !== field) break
        return
      }
      this.skip(depth + 1)
    }
    throw new DecodeError(`group ${field} is not closed at byte ${this.pos}`)
  }
}

const TWO_32 = 0x1_0000_0000

/** A signed 64-bit integer in halves as decimal text. */
export function int64Text(low: number, high: number): string {
  const signed = high | 0
  if (signed >= -0x20_0000 && signed < 0x20_0000) return String(signed * TWO_32 + low)
  return ((BigInt(signed) << 32n) | BigInt(low)).toString()
}

/** The signed 64-bit varint at a position as a number, rounded beyond 2^53. It was read before, so it is whole. */
export function int64At(bytes: Buffer, start: number): number {
  let value = 0
  let factor = 1
  for (let at = start; at < start + 7; at++) {
    const byte = bytes[at]!
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return value
    factor *= 128
  }
  const reader = new WireReader(bytes)
  reader.pos = start
  reader.varint()
  return (reader.high | 0) * TWO_32 + reader.low
}
