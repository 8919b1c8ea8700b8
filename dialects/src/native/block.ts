import { ByteBuffer } from './byte-buffer.ts'
import type { Column } from './column.ts'
import { DictionaryColumn } from './dictionary-column.ts'
import { MapColumn } from './map-column.ts'
import { ByteColumn, BytesColumn, DoubleColumn, Word32Column, Word64Column } from './number-columns.ts'
import { Scratch } from './scratch.ts'
import { TextColumn } from './text-column.ts'

/** Name and type of a column of a table. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: string
}

interface NamedColumn extends ColumnDefinition {
  /** Name and type as they precede the column's data. */
  readonly header: Buffer
  readonly column: Column
}

/** Columns that are written row by row and sent as one Native block. */
export class Block {
  /** Complete rows, and so the number of the row that is being written. */
  rows = 0
  #marked = 0
  readonly #columns: readonly NamedColumn[]
  readonly #taken = new Scratch()

  constructor(definitions: readonly ColumnDefinition[]) {
    this.#columns = definitions.map((definition) => ({
      ...definition,
      header: headerOf(definition),
      column: columnOf(definition),
    }))
  }

  /** The column of that name, which must be of the given class. */
  column<T extends Column>(name: string, kind: new (...args: never[]) => T): T {
    const found = this.#columns.find((column) => column.name === name)
    if (found?.column instanceof kind) return found.column
    throw new TypeError(
      `column ${name} is ${found?.type ?? 'unknown'}, which is not written by a ${kind.name}`,
    )
  }

  mark(): void {
    this.#marked = this.rows
    for (const { column } of this.#columns) column.mark()
  }

  /** Forgets the rows since the mark, complete or not. */
  rollback(): void {
    this.rows = this.#marked
    for (const { column } of this.#columns) column.rollback()
  }

  /** The bytes written since the block was last taken. */
  get size(): number {
    let size = 0
    for (const { column } of this.#columns) size += column.size
    return size
  }

  /** The block as it goes over the wire, valid until the next one is taken; the columns are empty afterwards. */
  take(): Buffer {
    const counts = new ByteBuffer(16)
    counts.varint(this.#columns.length)
    counts.varint(this.rows)
    const pieces: Uint8Array[] = [counts.bytes.subarray(0, counts.length)]
    for (const { header, column } of this.#columns) pieces.push(header, ...column.pieces(this.rows))
    const bytes = this.#taken.join(pieces)
    this.rows = 0
    for (const { column } of this.#columns) column.clear()
    return bytes
  }
}

function headerOf({ name, type }: ColumnDefinition): Buffer {
  const header = new ByteBuffer(128)
  header.text(name)
  header.text(type)
  return header.bytes.subarray(0, header.length)
}

function columnOf({ name, type }: ColumnDefinition): Column {
  const width = /^FixedString\((\d+)\)$/.exec(type)?.[1]
  if (width !== undefined) return new BytesColumn(Number(width))
  switch (type) {
    case 'LowCardinality(String)':
      return new DictionaryColumn()
    case 'Map(LowCardinality(String), String)':
      return new MapColumn()
    case 'String':
      return new TextColumn()
    case 'UInt8':
      return new ByteColumn()
    case 'UInt32':
    case 'Int32':
      return new Word32Column()
    case 'UInt64':
    case "DateTime64(9, 'UTC')":
      return new Word64Column()
    case 'Float64':
      return new DoubleColumn()
    default:
      throw new TypeError(`column ${name} is ${type}, for which there is no column here`)
  }
}
