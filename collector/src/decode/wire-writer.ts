import { BYTES, FIXED32, FIXED64, VARINT } from './wire.ts'

/** A nested message's length is patched in once it is known, as a varint padded to this many bytes. */
const LENGTH_BYTES = 5

/** Writes protobuf into one growing buffer, nested messages in place. */
export class WireWriter {
  #bytes: Buffer = Buffer.allocUnsafe(16_384)
  #length = 0

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  varint(field: number, value: number): void {
    this.#tag(field, VARINT)
    this.#varint(value)
  }

  int64(field: number, value: bigint): void {
    this.#tag(field, VARINT)
    let rest = BigInt.asUintN(64, value)
    this.#reserve(10)
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#bytes[this.#length++] = Number(rest)
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED64)
    this.#reserve(8)
    this.#length = this.#bytes.writeDoubleLE(value, this.#length)
  }

  fixed64(field: number, value: bigint): void {
    this.#tag(field, FIXED64)
    this.#reserve(8)
    this.#length = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length)
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, FIXED32)
    this.#reserve(4)
    this.#length = this.#bytes.writeUInt32LE(value >>> 0, this.#length)
  }

  text(field: number, value: string): void {
    const most = value.length * 3
    this.#tag(field, BYTES)
    this.#reserve(most + LENGTH_BYTES)
    if (value.length < 43) {
      // At most 127 bytes, so the length takes one byte whatever the characters are.
      const size = this.#bytes.write(value, this.#length + 1)
      this.#bytes[this.#length] = size
      this.#length += 1 + size
      return
    }
    const size = this.#bytes.write(value, this.#length + LENGTH_BYTES)
    this.#patch(this.#length, size)
    this.#length += LENGTH_BYTES + size
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, BYTES)
    this.#varint(value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** Opens a nested message; what comes until `close(mark)` is its content. */
  open(field: number): number {
    this.#tag(field, BYTES)
    this.#reserve(LENGTH_BYTES)
    this.#length += LENGTH_BYTES
    return this.#length
  }

  close(mark: number): void {
    this.#patch(mark - LENGTH_BYTES, this.#length - mark)
  }

  #patch(at: number, length: number): void {
    const bytes = this.#bytes
    bytes[at] = length | 0x80
    bytes[at + 1] = (length >>> 7) | 0x80
    bytes[at + 2] = (length >>> 14) | 0x80
    bytes[at + 3] = (length >>> 21) | 0x80
    bytes[at + 4] = length >>> 28
  }

  #tag(field: number, wire: number): void {
    this.#varint((field << 3) | wire)
  }

  #varint(value: number): void {
    this.#reserve(5)
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
