import { type Column, KEEP_BYTES } from './column.ts'
import { viewOf } from './view.ts'

type Values = Uint8Array | Uint32Array | Float64Array

/** Fixed-width values. What lies behind the written rows is zero, so a row with the default is passed over. */
abstract class NumberColumn<T extends Values> implements Column {
  protected values: T
  /** Elements that are written. */
  protected used = 0
  readonly #perRow: number
  #mark = 0

  /** @param perRow elements of the array that make a row */
  constructor(perRow: number, values: T) {
    this.#perRow = perRow
    this.values = values
  }

  protected abstract allocate(length: number): T

  protected grow(length: number): void {
    const grown = this.allocate(Math.max(this.values.length * 2, length))
    grown.set(this.values)
    this.values = grown
  }

  get size(): number {
    return this.used * this.values.BYTES_PER_ELEMENT
  }

  mark(): void {
    this.#mark = this.used
  }

  rollback(): void {
    this.values.fill(0, this.#mark, this.used)
    this.used = this.#mark
  }

  pieces(rows: number): readonly Uint8Array[] {
    const length = rows * this.#perRow
    if (length > this.values.length) this.grow(length)
    return [
      new Uint8Array(this.values.buffer, this.values.byteOffset, length * this.values.BYTES_PER_ELEMENT),
    ]
  }

  clear(): void {
    if (this.values.byteLength > KEEP_BYTES) this.values = this.allocate(this.#perRow)
    else this.values.fill(0, 0, this.used)
    this.used = 0
  }
}

/** UInt8. */
export class ByteColumn extends NumberColumn<Uint8Array> {
  constructor() {
    super(1, new Uint8Array(1024))
  }

  protected override allocate(length: number): Uint8Array {
    return new Uint8Array(length)
  }

  set(row: number, value: number): void {
    if (value === 0) return
    if (row >= this.values.length) this.grow(row + 1)
    this.values[row] = value
    this.used = row + 1
  }
}

/** UInt32, or Int32 in two's complement. */
export class Word32Column extends NumberColumn<Uint32Array> {
  constructor() {
    super(1, new Uint32Array(256))
  }

  protected override allocate(length: number): Uint32Array {
    return new Uint32Array(length)
  }

  set(row: number, value: number): void {
    if (value === 0) return
    if (row >= this.values.length) this.grow(row + 1)
    this.values[row] = value
    this.used = row + 1
  }
}

/** UInt64 or DateTime64, in halves. */
export class Word64Column extends NumberColumn<Uint32Array> {
  constructor() {
    super(2, new Uint32Array(512))
  }

  protected override allocate(length: number): Uint32Array {
    return new Uint32Array(length)
  }

  set(row: number, low: number, high: number): void {
    if (low === 0 && high === 0) return
    const at = row * 2
    if (at >= this.values.length) this.grow(at + 2)
    this.values[at] = low
    this.values[at + 1] = high
    this.used = at + 2
  }

  /** An integer from 0 to 2^53. */
  setNumber(row: number, value: number): void {
    if (value <= 0xffff_ffff) this.set(row, value, 0)
    else this.set(row, value % 0x1_0000_0000, Math.floor(value / 0x1_0000_0000))
  }
}

/** Float64. */
export class DoubleColumn extends NumberColumn<Float64Array> {
  constructor() {
    super(1, new Float64Array(128))
  }

  protected override allocate(length: number): Float64Array {
    return new Float64Array(length)
  }

  set(row: number, value: number): void {
    if (value === 0) return
    if (row >= this.values.length) this.grow(row + 1)
    this.values[row] = value
    this.used = row + 1
  }
}

/** FixedString, of a multiple of four bytes. */
export class BytesColumn extends NumberColumn<Uint32Array> {
  readonly #width: number

  constructor(width: number) {
    super(width / 4, new Uint32Array(64 * (width / 4)))
    this.#width = width
  }

  protected override allocate(length: number): Uint32Array {
    return new Uint32Array(length)
  }

  /** Cut or padded with zeros where the length is wrong. */
  set(row: number, source: Buffer, start: number, end: number): void {
    if (start === end) return
    const words = this.#width / 4
    const to = row * words
    if (to >= this.values.length) this.grow(to + words)
    if (end - start === this.#width) {
      const view = viewOf(source)
      for (let at = 0; at < words; at++) this.values[to + at] = view.getUint32(start + at * 4, true)
    } else {
      const bytes = new Uint8Array(this.values.buffer, to * 4, this.#width)
      bytes.set(source.subarray(start, Math.min(end, start + this.#width)))
    }
    this.used = to + words
  }
}
