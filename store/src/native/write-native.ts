import { encodeNumbers } from './encode-numbers.ts'
import { encodeDictionary, encodeIds, encodeTexts, encodeVarint, VERSION } from './encode-texts.ts'

export type Value = string | number | bigint

/** A column to be written: its name, its type as ClickHouse names it, and its value of a row. */
interface ValueColumn<Row> {
  readonly name: string
  readonly type: string
  readonly items?: undefined
  value(row: Row): Value
}

/** A column of arrays: of each row the items, and the value of an item. */
export interface ArrayColumn<Row, Item> {
  readonly name: string
  /** Of an item. */
  readonly type: string
  /** Columns with the same function share what is computed of it. */
  readonly items: (row: Row) => readonly Item[]
  value(item: Item, row: Row): Value
}

export type ColumnToWrite<Row> = ValueColumn<Row> | ArrayColumn<Row, unknown>

/**
 * One block in ClickHouse's Native format. Types are String, LowCardinality(String), FixedString (from hex), UInt8, UInt32,
 * Int32, UInt64, Int64, Float64 and DateTime64 (in its ticks); ClickHouse converts them to the types of the table.
 * @param rows at least one
 */
export function writeNative<Row>(rows: readonly Row[], columns: readonly ColumnToWrite<Row>[]): Buffer {
  const pieces: Uint8Array[] = [encodeVarint(columns.length), encodeVarint(rows.length)]
  const flattened = new Map<unknown, Flattened<Row>>()
  for (const column of columns) {
    if (column.items === undefined) {
      const values = new Array<Value>(rows.length)
      for (let at = 0; at < values.length; at++) values[at] = column.value(rows[at]!)
      pieces.push(encodeTexts([column.name, column.type]), ...encodeValues(column.type, values))
      continue
    }
    let flat = flattened.get(column.items)
    if (flat === undefined) {
      flat = flatten(rows, column.items)
      flattened.set(column.items, flat)
    }
    const { items, owners, ends } = flat
    const values = new Array<Value>(items.length)
    for (let at = 0; at < values.length; at++) values[at] = column.value(items[at], owners[at]!)
    const [prefix, ...encoded] = encodeValues(column.type, values)
    pieces.push(encodeTexts([column.name, `Array(${column.type})`]), prefix!, ends, ...encoded)
  }
  return Buffer.concat(pieces)
}

/** The items of all rows one after the other, whose they are, and where those of each row end. */
interface Flattened<Row> {
  readonly items: readonly unknown[]
  readonly owners: readonly Row[]
  readonly ends: Uint8Array
}

function flatten<Row>(rows: readonly Row[], itemsOf: (row: Row) => readonly unknown[]): Flattened<Row> {
  const items: unknown[] = []
  const owners: Row[] = []
  const ends = rows.map((row) => {
    for (const item of itemsOf(row)) {
      items.push(item)
      owners.push(row)
    }
    return items.length
  })
  return { items, owners, ends: encodeNumbers('UInt64', ends) }
}

const NOTHING = new Uint8Array(0)

/** What comes before the ends of arrays, and the values. */
function encodeValues(type: string, values: readonly Value[]): Uint8Array[] {
  if (type === 'LowCardinality(String)') return [VERSION, ...encodeDictionary(values as string[])]
  if (type === 'String') return [NOTHING, encodeTexts(values as string[])]
  const bytes = /^FixedString\((\d+)\)$/.exec(type)?.[1]
  if (bytes !== undefined) return [NOTHING, encodeIds(Number(bytes), values as string[])]
  return [NOTHING, encodeNumbers(type, values as (number | bigint)[])]
}
