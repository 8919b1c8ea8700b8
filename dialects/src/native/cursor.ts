/** A position in a block that is read; RangeError where the block ends too early. */
export class Cursor {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number = 0) {
    this.bytes = bytes
    this.at = at
  }

  varint(): number {
    const first = this.bytes[this.at++]!
    return first < 0x80 ? first : this.#longVarint(first)
  }

  #longVarint(first: number): number {
    let value = first & 0x7f
    for (let factor = 0x80; ; factor *= 0x80) {
      const byte = this.bytes.readUInt8(this.at++)
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }

  /** A 64-bit number that is small enough. */
  uint64(): number {
    this.at += 8
    return this.bytes.readUInt32LE(this.at - 8) + this.bytes.readUInt32LE(this.at - 4) * 0x1_0000_0000
  }

  skipTexts(count: number): void {
    for (let left = count; left > 0; left--) {
      const length = this.varint()
      this.at += length
    }
  }

  text(): string {
    const length = this.varint()
    this.at += length
    return this.bytes.toString('latin1', this.at - length, this.at)
  }
}
