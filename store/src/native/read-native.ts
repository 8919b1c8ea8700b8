import { isAscii } from 'node:buffer'

/**
 * What a column has in a row: a text (of a FixedString its bytes as hex), a number, a 64-bit integer where this is a time, or an
 * array of these.
 */
export type NativeValue = string | number | bigint | NativeColumn

/**
 * A column of a block. Its texts are made when they are asked for: an answer of 100,000 rows is a few large objects, not
 * millions of small ones that all live as long as it.
 */
export interface NativeColumn<Value = NativeValue> extends Iterable<Value> {
  at(row: number): Value | undefined
}

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

  #values(type: string, rows: number): NativeColumn {
    if (type === 'String') return this.#texts(rows)
    if (type === WORD) {
      this.#take(VERSION_WIDTH)
      return this.#words(rows)
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

  #texts(rows: number): Texts {
    const ends = new Uint32Array(rows)
    const starts = new Uint32Array(rows)
    const begin = this.#at
    for (let row = 0; row < rows; row++) {
      const length = this.varint()
      starts[row] = this.#take(length) - begin
      ends[row] = this.#at - begin
    }
    return new Texts(this.#bytes.subarray(begin, this.#at), starts, ends)
  }

  #arrays(item: string, rows: number): NativeColumn[] {
    // The version of a dictionary comes before the ends.
    if (item === WORD) this.#take(VERSION_WIDTH)
    const ends = this.#values('UInt64', rows) as Float64Array
    const count = ends.at(-1)!
    const column = count === 0 ? [] : item === WORD ? this.#words(count) : this.#values(item, count)
    const items = [...column] as string[] | number[] | bigint[]
    return Array.from(ends, (end, row) => items.slice(row === 0 ? 0 : ends[row - 1], end))
  }

  /** Maps are only passed over: what is read of them is how long they are. */
  #maps(rows: number): Float64Array {
    this.#take(VERSION_WIDTH)
    const ends = this.#values('UInt64', rows) as Float64Array
    const entries = ends.at(-1)!
    if (entries > 0) this.#words(entries)
    this.#texts(entries)
    return ends
  }

  #words(rows: number): Words {
    const start = this.#take(8)
    const width = 2 ** (this.#bytes[start]! & WIDTH_MASK)
    const texts = [...this.#texts(this.#count())]
    this.#take(8)
    const indexes = new Uint32Array(rows)
    const first = this.#take(rows * width)
    for (let row = 0; row < rows; row++) indexes[row] = this.#bytes.readUIntLE(first + row * width, width)
    return new Words(texts, indexes)
  }

  #count(): number {
    return Number(this.#bytes.readBigUInt64LE(this.#take(8)))
  }

  #hex(rows: number, length: number): Ids {
    const start = this.#take(rows * length)
    return new Ids(this.#bytes.toString('hex', start, this.#at), 2 * length)
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

/** Of a column of plain texts these are slices of one text: a call into the engine for each would cost more. */
class Texts implements NativeColumn<string> {
  readonly #bytes: Buffer
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array
  readonly #plain: string | undefined

  constructor(bytes: Buffer, starts: Uint32Array, ends: Uint32Array) {
    this.#bytes = bytes
    this.#starts = starts
    this.#ends = ends
    this.#plain = isAscii(bytes) ? bytes.toString('latin1') : undefined
  }

  at(row: number): string {
    const [start, end] = [this.#starts[row]!, this.#ends[row]!]
    if (start === end) return ''
    return this.#plain === undefined
      ? this.#bytes.toString('utf8', start, end)
      : this.#plain.slice(start, end)
  }

  *[Symbol.iterator](): Iterator<string> {
    for (let row = 0; row < this.#ends.length; row++) yield this.at(row)
  }
}

class Words implements NativeColumn<string> {
  readonly #texts: readonly string[]
  readonly #indexes: Uint32Array

  constructor(texts: readonly string[], indexes: Uint32Array) {
    this.#texts = texts
    this.#indexes = indexes
  }

  at(row: number): string {
    return this.#texts[this.#indexes[row]!]!
  }

  *[Symbol.iterator](): Iterator<string> {
    for (const index of this.#indexes) yield this.#texts[index]!
  }
}

class Ids implements NativeColumn<string> {
  readonly #hex: string
  readonly #width: number
  #last = ''

  constructor(hex: string, width: number) {
    this.#hex = hex
    this.#width = width
  }

  at(row: number): string {
    const start = row * this.#width
    // Spans of a trace follow each other, so that most trace ids are the one before.
    if (this.#last === '' || !this.#hex.startsWith(this.#last, start))
      this.#last = this.#hex.slice(start, start + this.#width)
    return this.#last
  }

  *[Symbol.iterator](): Iterator<string> {
    for (let row = 0; row * this.#width < this.#hex.length; row++) yield this.at(row)
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
