import { ByteBuffer } from './byte-buffer.ts'

/**
 * A column of a Native block (clickhouse.com/docs/interfaces/formats/Native): its bytes are the concatenation of
 * `parts`. A mark and a rollback take back what a request that turned out to be broken had written.
 */
export class Column {
  readonly name: string
  /** The type as it is sent: without LowCardinality, which the server adds where the table has it. */
  readonly type: string
  readonly parts: readonly ByteBuffer[]
  readonly offsets: readonly Offsets[]

  constructor(name: string, type: string, parts: readonly ByteBuffer[], offsets: readonly Offsets[]) {
    this.name = name
    this.type = type
    this.parts = parts
    this.offsets = offsets
  }
}

/** The running end offsets of an Array or Map column: one UInt64 per row. */
export class Offsets {
  readonly bytes: ByteBuffer = new ByteBuffer()
  #total = 0
  #mark = 0

  /** Ends a row that has `count` items. */
  push(count: number): void {
    this.#total += count
    this.bytes.uint64(this.#total)
  }

  mark(): void {
    this.#mark = this.#total
  }

  rollback(): void {
    this.#total = this.#mark
  }

  clear(): void {
    this.#total = 0
  }
}

/** The bytes of a Map(String, String) column. */
export interface MapParts {
  readonly offsets: Offsets
  readonly keys: ByteBuffer
  readonly values: ByteBuffer
}

/** The bytes of an Array(Map(String, String)) column. */
export interface MapArrayParts extends MapParts {
  readonly rows: Offsets
}

/** The bytes of an Array(T) column. */
export interface ArrayParts {
  readonly offsets: Offsets
  readonly items: ByteBuffer
}
