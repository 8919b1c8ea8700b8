import { ByteBuffer } from './byte-buffer.ts'
import { type ArrayParts, Column, type MapArrayParts, type MapParts, Offsets } from './column.ts'

/** Name and type of a column of a table. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: string
}

/**
 * Columns that are written row by row and sent as one Native block. Each accessor hands out the bytes of one column;
 * the writer appends to every column once per row.
 */
export class Block {
  rows = 0
  #marked = 0
  readonly #columns: Column[]
  readonly #byName: Map<string, Column>

  constructor(definitions: readonly ColumnDefinition[]) {
    this.#columns = definitions.map(({ name, type }) => columnOf(name, type))
    this.#byName = new Map(this.#columns.map((column) => [column.name, column]))
  }

  /** The bytes of a column without an array or a map in it. */
  plain(name: string): ByteBuffer {
    return this.#find(name, 0, 1).parts[0]!
  }

  array(name: string): ArrayParts {
    const { offsets, parts } = this.#find(name, 1, 2)
    return { offsets: offsets[0]!, items: parts[1]! }
  }

  map(name: string): MapParts {
    const { offsets, parts } = this.#find(name, 1, 3)
    return { offsets: offsets[0]!, keys: parts[1]!, values: parts[2]! }
  }

  mapArray(name: string): MapArrayParts {
    const { offsets, parts } = this.#find(name, 2, 4)
    return { rows: offsets[0]!, offsets: offsets[1]!, keys: parts[2]!, values: parts[3]! }
  }

  mark(): void {
    this.#marked = this.rows
    for (const { offsets, parts } of this.#columns) {
      for (const offset of offsets) offset.mark()
      for (const part of parts) part.mark()
    }
  }

  /** Forgets the rows since the mark, complete or not. */
  rollback(): void {
    this.rows = this.#marked
    for (const { offsets, parts } of this.#columns) {
      for (const offset of offsets) offset.rollback()
      for (const part of parts) part.rollback()
    }
  }

  /** The bytes written since the block was last taken. */
  get size(): number {
    let size = 0
    for (const { parts } of this.#columns) for (const part of parts) size += part.length
    return size
  }

  /** The block as it goes over the wire; the columns are empty afterwards. */
  take(): Buffer {
    const header = new ByteBuffer(4096)
    header.varint(this.#columns.length)
    header.varint(this.rows)
    const pieces: Buffer[] = []
    let from = 0
    for (const column of this.#columns) {
      header.text(column.name)
      header.text(column.type)
      pieces.push(copyOf(header, from))
      from = header.length
      for (const part of column.parts) pieces.push(part.bytes.subarray(0, part.length))
    }
    const bytes = Buffer.concat(pieces)
    this.#clear()
    return bytes
  }

  #clear(): void {
    this.rows = 0
    for (const { offsets, parts } of this.#columns) {
      for (const offset of offsets) offset.clear()
      for (const part of parts) part.clear()
    }
  }

  #find(name: string, offsets: number, parts: number): Column {
    const column = this.#byName.get(name)
    if (column?.offsets.length === offsets && column.parts.length === parts) return column
    throw new TypeError(`column ${name} is ${column?.type ?? 'unknown'}, which is written another way`)
  }
}

/** The header's buffer may move while it grows, so its pieces are copied. */
function copyOf(header: ByteBuffer, from: number): Buffer {
  return Buffer.from(header.bytes.subarray(from, header.length))
}

function columnOf(name: string, tableType: string): Column {
  const type = tableType.replaceAll(/LowCardinality\(([^()]*)\)/g, '$1')
  if (type === 'Array(Map(String, String))') {
    const rows = new Offsets()
    const offsets = new Offsets()
    return new Column(
      name,
      type,
      [rows.bytes, offsets.bytes, new ByteBuffer(), new ByteBuffer()],
      [rows, offsets],
    )
  }
  if (type === 'Map(String, String)') {
    const offsets = new Offsets()
    return new Column(name, type, [offsets.bytes, new ByteBuffer(), new ByteBuffer()], [offsets])
  }
  if (type.startsWith('Array(')) {
    const offsets = new Offsets()
    return new Column(name, type, [offsets.bytes, new ByteBuffer()], [offsets])
  }
  return new Column(name, type, [new ByteBuffer()], [])
}
