import { type BlockLayout, type ColumnLayout, DICTIONARY_FLAGS } from './block-layout.ts'
import { ByteBuffer } from './byte-buffer.ts'
import { Cursor } from './cursor.ts'
import { uint64s } from './uint64s.ts'

/** The data of one column, and the rows of it that are wanted: from `from` up to but not including `to`. */
interface Cut {
  readonly bytes: Buffer
  readonly start: number
  readonly rows: number
  readonly from: number
  readonly to: number
}

/**
 * Some rows of a block as a block of their own: those from `from` up to but not including `to`, at least one.
 * Dictionaries keep only the texts that these rows have.
 */
export function sliceBlock({ bytes, rows, columns }: BlockLayout, from: number, to: number): Buffer {
  if (!(from >= 0 && from < to && to <= rows))
    throw new RangeError(`expected rows within 0 and ${rows}, got ${from} to ${to}`)
  const counts = new ByteBuffer(16)
  counts.varint(columns.length)
  counts.varint(to - from)
  const pieces: Uint8Array[] = [counts.bytes.subarray(0, counts.length)]
  for (const { layout, header, start } of columns)
    pieces.push(header, ...slice(layout, { bytes, start, rows, from, to }))
  return Buffer.concat(pieces)
}

function slice(layout: ColumnLayout, cut: Cut): readonly Uint8Array[] {
  const { bytes, start, from, to } = cut
  if (typeof layout === 'number') return [bytes.subarray(start + from * layout, start + to * layout)]
  if (layout === 'text') return [sliceTexts(new Cursor(bytes, start), from, to)]
  return layout === 'map' ? sliceMap(cut) : [uint64s(1), ...sliceIndexes(new Cursor(bytes, start + 8), cut)]
}

function sliceTexts(cursor: Cursor, from: number, to: number): Uint8Array {
  cursor.skipTexts(from)
  const start = cursor.at
  cursor.skipTexts(to - from)
  return cursor.bytes.subarray(start, cursor.at)
}

/** Leaves the cursor behind the indexes. */
function sliceIndexes(cursor: Cursor, { rows, from, to }: Pick<Cut, 'rows' | 'from' | 'to'>): Uint8Array[] {
  if (rows === 0) return []
  const width = cursor.uint64() - DICTIONARY_FLAGS
  const texts = textsAt(cursor)
  const start = cursor.at + 8
  cursor.at = start + (rows << width)
  if (from === to) return []
  const kept: Buffer[] = []
  const numbers = new Map<number, number>()
  const values = new Uint32Array(to - from)
  for (let row = from; row < to; row++) {
    const known = cursor.bytes.readUIntLE(start + (row << width), 1 << width)
    let number = numbers.get(known)
    if (number === undefined) {
      const text = texts[known]
      if (text === undefined) throw new RangeError(`a dictionary has no text ${known}`)
      number = kept.push(text) - 1
      numbers.set(known, number)
    }
    values[row - from] = number
  }
  return [
    uint64s(DICTIONARY_FLAGS + widthFor(kept.length), kept.length),
    ...kept,
    uint64s(values.length),
    narrow(values, kept.length),
  ]
}

/** The texts of a dictionary with their lengths, as they are written. */
function textsAt(cursor: Cursor): readonly Buffer[] {
  const count = cursor.uint64()
  return Array.from({ length: count }, () => {
    const start = cursor.at
    cursor.skipTexts(1)
    return cursor.bytes.subarray(start, cursor.at)
  })
}

/** 0, 1, 2: an index has 1, 2, 4 bytes. */
function widthFor(texts: number): number {
  return texts <= 0x100 ? 0 : texts <= 0x1_0000 ? 1 : 2
}

function narrow(values: Uint32Array, texts: number): Uint8Array {
  const width = widthFor(texts)
  const narrowed = width === 0 ? new Uint8Array(values) : width === 1 ? new Uint16Array(values) : values
  return new Uint8Array(narrowed.buffer)
}

/** Ends of the rows' pairs, counted from the first row that is wanted; keys; values. */
function sliceMap({ bytes, start, rows, from, to }: Cut): readonly Uint8Array[] {
  const endOf = (row: number) => (row < 0 ? 0 : bytes.readUInt32LE(start + 8 + 8 * row))
  const [first, last] = [endOf(from - 1), endOf(to - 1)]
  const ends = Buffer.alloc(8 * (to - from))
  for (let row = from; row < to; row++) ends.writeUInt32LE(endOf(row) - first, 8 * (row - from))
  const cursor = new Cursor(bytes, start + 8 + 8 * rows)
  const keys = sliceIndexes(cursor, { rows: endOf(rows - 1), from: first, to: last })
  return [uint64s(1), ends, ...keys, sliceTexts(cursor, first, last)]
}
