import { type ColumnLayout, DICTIONARY_FLAGS } from './block-layout.ts'
import { Cursor } from './cursor.ts'
import { uint64s } from './uint64s.ts'

/** The data of one column of several blocks, to become that of one. */
export interface ColumnMerge {
  /** Adds the data of a block. */
  add(bytes: Buffer, start: number, end: number, rows: number): void
  pieces(): readonly Uint8Array[]
}

export function mergeOf(layout: ColumnLayout): ColumnMerge {
  if (layout === 'dictionary') return new DictionaryMerge()
  return layout === 'map' ? new MapMerge() : new PlainMerge()
}

/** Values that are written one after the other. */
class PlainMerge implements ColumnMerge {
  readonly #pieces: Buffer[] = []

  add(bytes: Buffer, start: number, end: number): void {
    this.#pieces.push(bytes.subarray(start, end))
  }

  pieces(): readonly Uint8Array[] {
    return this.#pieces
  }
}

/** The numbers of the rows of a block, as they are written. */
interface Numbered {
  readonly bytes: Buffer
  readonly start: number
  readonly rows: number
  /** 0, 1, 2: a number has 1, 2, 4 bytes. */
  readonly width: number
  /** For each text of the block, its number in the common dictionary. */
  readonly numbers: Uint32Array
}

/** Numbers of texts, which become numbers of a common dictionary. */
class IndexMerge {
  /** Texts with their lengths, as they are written. */
  readonly #texts: Buffer[] = []
  readonly #numbers = new Map<string, number>()
  readonly #blocks: Numbered[] = []
  #rows = 0

  add(cursor: Cursor, rows: number): void {
    if (rows === 0) return
    const width = cursor.uint64() - DICTIONARY_FLAGS
    const numbers = this.#numbersOf(cursor)
    const start = cursor.at + 8
    cursor.at = start + (rows << width)
    this.#blocks.push({ bytes: cursor.bytes, start, rows, width, numbers })
    this.#rows += rows
  }

  pieces(): readonly Uint8Array[] {
    if (this.#rows === 0) return []
    const count = this.#texts.length
    const width = count <= 0x100 ? 0 : count <= 0x1_0000 ? 1 : 2
    const indexes = this.#blocks.map((block) => renumbered(block, width))
    return [uint64s(DICTIONARY_FLAGS + width, count), ...this.#texts, uint64s(this.#rows), ...indexes]
  }

  #numbersOf(cursor: Cursor): Uint32Array {
    const numbers = new Uint32Array(cursor.uint64())
    for (let at = 0; at < numbers.length; at++) {
      const start = cursor.at
      const text = cursor.text()
      let number = this.#numbers.get(text)
      if (number === undefined) {
        number = this.#texts.push(cursor.bytes.subarray(start, cursor.at)) - 1
        this.#numbers.set(text, number)
      }
      numbers[at] = number
    }
    return numbers
  }
}

/** The numbers that a block's rows have in the common dictionary, in so many bytes. */
function renumbered({ bytes, start, rows, width, numbers }: Numbered, toWidth: number): Uint8Array {
  if (width === toWidth && numbers.every((number, at) => number === at))
    return bytes.subarray(start, start + (rows << width))
  const values = toWidth === 0 ? new Uint8Array(rows) : new (toWidth === 1 ? Uint16Array : Uint32Array)(rows)
  if (width === 0) for (let row = 0; row < rows; row++) values[row] = numbers[bytes[start + row]!]!
  else if (width === 1)
    for (let row = 0; row < rows; row++) values[row] = numbers[bytes.readUInt16LE(start + 2 * row)]!
  else for (let row = 0; row < rows; row++) values[row] = numbers[bytes.readUInt32LE(start + 4 * row)]!
  return new Uint8Array(values.buffer)
}

class DictionaryMerge implements ColumnMerge {
  readonly #indexes = new IndexMerge()

  add(bytes: Buffer, start: number, _end: number, rows: number): void {
    this.#indexes.add(new Cursor(bytes, start + 8), rows)
  }

  pieces(): readonly Uint8Array[] {
    return [uint64s(1), ...this.#indexes.pieces()]
  }
}

/** Ends of the rows' pairs, which count on over the blocks; keys; values. */
class MapMerge implements ColumnMerge {
  readonly #ends: Uint8Array[] = []
  readonly #keys = new IndexMerge()
  readonly #values: Buffer[] = []
  #pairs = 0

  add(bytes: Buffer, start: number, end: number, rows: number): void {
    const from = start + 8
    const ends = Buffer.from(bytes.subarray(from, from + 8 * rows))
    const pairs = rows === 0 ? 0 : ends.readUInt32LE(8 * (rows - 1))
    if (this.#pairs > 0) {
      for (let at = 0; at < ends.length; at += 8) ends.writeUInt32LE(ends.readUInt32LE(at) + this.#pairs, at)
    }
    this.#ends.push(ends)
    const cursor = new Cursor(bytes, from + 8 * rows)
    this.#keys.add(cursor, pairs)
    this.#values.push(bytes.subarray(cursor.at, end))
    this.#pairs += pairs
  }

  pieces(): readonly Uint8Array[] {
    return [uint64s(1), ...this.#ends, ...this.#keys.pieces(), ...this.#values]
  }
}
