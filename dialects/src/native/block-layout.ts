import { Cursor } from './cursor.ts'

/** How the data of a column is written. */
export type ColumnLayout = number | 'text' | 'dictionary' | 'map'

/** A column of a block: where its name and type are, and its data. */
interface ColumnSlice {
  readonly layout: ColumnLayout
  readonly header: Buffer
  readonly start: number
  readonly end: number
}

/** A block whose columns were found. */
export interface BlockLayout {
  readonly bytes: Buffer
  readonly rows: number
  readonly columns: readonly ColumnSlice[]
}

/** Distinct texts that come with the block, and nothing else; the width of an index is in the low byte. */
export const DICTIONARY_FLAGS = 0x600
const VERSION = 1

/** Finds the columns of a block; undefined where it is none, or has columns that are not known here. */
export function layoutOf(bytes: Buffer): BlockLayout | undefined {
  try {
    const cursor = new Cursor(bytes)
    const count = cursor.varint()
    const rows = cursor.varint()
    const columns: ColumnSlice[] = []
    for (let column = 0; column < count; column++) columns.push(columnAt(cursor, rows))
    return cursor.at === bytes.length ? { bytes, rows, columns } : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function columnAt(cursor: Cursor, rows: number): ColumnSlice {
  const begin = cursor.at
  cursor.text()
  const layout = layoutOfType(cursor.text())
  const header = cursor.bytes.subarray(begin, cursor.at)
  const start = cursor.at
  if (typeof layout === 'number') cursor.at += layout * rows
  else if (layout === 'text') cursor.skipTexts(rows)
  else if (layout === 'dictionary') skipDictionary(cursor, rows)
  else skipMap(cursor, rows)
  if (!(cursor.at <= cursor.bytes.length)) throw new RangeError('the block ends within a column')
  return { layout, header, start, end: cursor.at }
}

function layoutOfType(type: string): ColumnLayout {
  const fixed = /^FixedString\((\d+)\)$/.exec(type)
  if (fixed) return Number(fixed[1])
  switch (type) {
    case 'LowCardinality(String)':
      return 'dictionary'
    case 'Map(LowCardinality(String), String)':
      return 'map'
    case 'String':
      return 'text'
    case 'UInt8':
      return 1
    case 'UInt32':
    case 'Int32':
      return 4
    case 'UInt64':
    case 'Float64':
    case "DateTime64(9, 'UTC')":
      return 8
    default:
      throw new RangeError(`${type} is not known here`)
  }
}

function skipDictionary(cursor: Cursor, rows: number): void {
  if (cursor.uint64() !== VERSION) throw new RangeError('a dictionary of another version')
  skipIndexes(cursor, rows)
}

function skipIndexes(cursor: Cursor, rows: number): void {
  if (rows === 0) return
  const flags = cursor.uint64()
  const width = flags - DICTIONARY_FLAGS
  if (!(width >= 0 && width <= 2)) throw new RangeError('a dictionary of another kind')
  cursor.skipTexts(cursor.uint64())
  if (cursor.uint64() !== rows) throw new RangeError('a dictionary of other rows')
  cursor.at += rows << width
}

function skipMap(cursor: Cursor, rows: number): void {
  if (cursor.uint64() !== VERSION) throw new RangeError('a dictionary of another version')
  cursor.at += 8 * (rows - 1)
  const pairs = rows > 0 ? cursor.uint64() : 0
  skipIndexes(cursor, pairs)
  cursor.skipTexts(pairs)
}
