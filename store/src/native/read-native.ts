import { isAscii } from 'node:buffer'

/** A column of a block: texts (bytes of a FixedString as hex), numbers, 64-bit integers where these are times, or arrays of these. */
export type NativeColumn = NativeValues | readonly NativeValues[]

export type NativeValues = readonly string[] | Float64Array | BigInt64Array

export interface NativeBlock {
  readonly rows: number
  readonly columns: ReadonlyMap<string, NativeColumn>
}

/**
 * The blocks of an answer in ClickHouse's Native format, one after the other.
 * @throws RangeError where the bytes end within a block; Error at a type that is not read here
 */
export function* readNative(bytes: Buffer): Generator<NativeBlock> {
  const reader = new NativeReader(bytes)
  while (!reader.atEnd) {
    const [width, rows] = [reader.varint(), reader.varint()]
    const columns = new Map<string, NativeColumn>()
    for (let at = 0; at < width; at++) {
      const [name, type] = [reader.text(), reader.text()]
      columns.set(name, reader.column(type, rows))
    }
    yield { rows, columns }
  }
}

const WORD = 'LowCardinality(String)'

/** A LowCardinality column begins with the version of its serialization. */
const VERSION_WIDTH = 8
/** The flags of a LowCardinality column's indexes are above their width. */
const WIDTH_MASK = 0xff

class NativeReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = this.#bytes.readUInt8(this.#at++)
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
    }
  }

  text(): string {
    const length = this.varint()
    if (length === 0) return ''
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  column(type: string, rows: number): NativeColumn {
    if (rows === 0) return []
    const item = /^Array\((.+)\)$/.exec(type)?.[1]
    return item === undefined ? this.#values(type, rows) : this.#arrays(item, rows)
  }

  #values(type: string, rows: number): NativeValues {
    if (type === 'String') return this.#texts(rows)
    if (type === WORD) {
      this.#take(VERSION_WIDTH)
      return this.#dictionary(rows)
    }
    if (type === 'Map(LowCardinality(String), String)') return this.#maps(rows)
    const fixed = /^FixedString\((\d+)\)$/.exec(type)
    if (fixed) return this.#hex(rows, Number(fixed[1]))
    if (type === 'Int64' || type.startsWith('DateTime64')) return this.#longs(rows)
    const read = NUMBERS[type]
    if (read === undefined) throw new Error(`cannot read a column of the type ${type}`)
    const start = this.#take(rows * read.width)
    return read.values(this.#bytes, start, rows)
  }

  /** A column of plain text becomes one text, of which the values are slices: a call for each would cost more. */
  #texts(rows: number): string[] {
    const ends = new Uint32Array(rows)
    const starts = new Uint32Array(rows)
    const begin = this.#at
    for (let row = 0; row < rows; row++) {
      const length = this.varint()
      starts[row] = this.#take(length) - begin
      ends[row] = this.#at - begin
    }
    const bytes = this.#bytes.subarray(begin, this.#at)
    const whole = isAscii(bytes) ? bytes.toString('latin1') : undefined
    const texts = new Array<string>(rows)
    for (let row = 0; row < rows; row++) {
      const [start, end] = [starts[row]!, ends[row]!]
      if (start === end) texts[row] = ''
      else texts[row] = whole === undefined ? bytes.toString('utf8', start, end) : whole.slice(start, end)
    }
    return texts
  }

  #arrays(item: string, rows: number): NativeValues[] {
    // The version of a dictionary comes before the ends.
    if (item === WORD) this.#take(VERSION_WIDTH)
    const ends = this.#values('UInt64', rows) as Float64Array
    const count = ends.at(-1) ?? 0
    const items = count === 0 ? [] : item === WORD ? this.#dictionary(count) : this.#values(item, count)
    return Array.from(ends, (end, row) => items.slice(row === 0 ? 0 : ends[row - 1], end))
  }

  /** Maps are only passed over: what is read of them is how long they are. */
  #maps(rows: number): Float64Array {
    this.#take(VERSION_WIDTH)
    const ends = this.#values('UInt64', rows) as Float64Array
    const entries = ends.at(-1)!
    if (entries > 0) this.#dictionary(entries)
    this.#texts(entries)
    return ends
  }

  #dictionary(rows: number): string[] {
    const start = this.#take(8)
    const width = 2 ** (this.#bytes[start]! & WIDTH_MASK)
    const texts = this.#texts(this.#count())
    this.#take(8)
    const indexes = this.#take(rows * width)
    const values = new Array<string>(rows)
    for (let row = 0; row < rows; row++)
      values[row] = texts[this.#bytes.readUIntLE(indexes + row * width, width)]!
    return values
  }

  #count(): number {
    return Number(this.#bytes.readBigUInt64LE(this.#take(8)))
  }

  #hex(rows: number, length: number): string[] {
    const start = this.#take(rows * length)
    const whole = this.#bytes.toString('hex', start, this.#at)
    const width = 2 * length
    const values = new Array<string>(rows)
    for (let row = 0, at = 0; row < rows; row++, at += width) {
      // Spans of a trace follow each other, so that most trace ids are the one before.
      const isRepeated = row > 0 && whole.startsWith(values[row - 1]!, at)
      values[row] = isRepeated ? values[row - 1]! : whole.slice(at, at + width)
    }
    return values
  }

  #longs(rows: number): BigInt64Array {
    const start = this.#take(rows * 8) + this.#bytes.byteOffset
    return new BigInt64Array(this.#bytes.buffer.slice(start, start + rows * 8))
  }

  #take(length: number): number {
    const start = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError('the answer ends within a block')
    return start
  }
}

interface NumberType {
  readonly width: number
  readonly values: (bytes: Buffer, start: number, rows: number) => Float64Array
}

function numberType(width: number, read: (view: DataView, at: number) => number): NumberType {
  return {
    width,
    values: (bytes, start, rows) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset + start, rows * width)
      const values = new Float64Array(rows)
      for (let row = 0; row < rows; row++) values[row] = read(view, row * width)
      return values
    },
  }
}

/** Integers of 64 bits are exact up to 2^53. */
const NUMBERS: Readonly<Record<string, NumberType>> = {
  UInt8: numberType(1, (view, at) => view.getUint8(at)),
  Bool: numberType(1, (view, at) => view.getUint8(at)),
  UInt16: numberType(2, (view, at) => view.getUint16(at, true)),
  UInt32: numberType(4, (view, at) => view.getUint32(at, true)),
  Int32: numberType(4, (view, at) => view.getInt32(at, true)),
  UInt64: numberType(8, (view, at) => view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32),
  Float64: numberType(8, (view, at) => view.getFloat64(at, true)),
}
