import { ByteBuffer } from './byte-buffer.ts'
import type { Column } from './column.ts'
import { DICTIONARY_PREFIX, Indexes } from './indexes.ts'
import { Word64Column } from './number-columns.ts'

/** Map(LowCardinality(String), String): where each row's entries end, their keys, their values. */
export class MapColumn implements Column {
  readonly keys: Indexes = new Indexes()
  readonly values: ByteBuffer = new ByteBuffer()
  readonly #ends = new Word64Column()
  #rows = 0
  #end = 0
  #markedRows = 0
  #markedEnd = 0

  get size(): number {
    return this.#ends.size + this.keys.size + this.values.length
  }

  /** Ends a row; its entries are the keys and values pushed since the row before. */
  endRow(row: number): void {
    this.#pad(row)
    this.#end = this.keys.length
    this.#ends.set(row, this.#end, 0)
    this.#rows = row + 1
  }

  #pad(rows: number): void {
    for (; this.#rows < rows; this.#rows++) this.#ends.set(this.#rows, this.#end, 0)
  }

  mark(): void {
    this.#markedRows = this.#rows
    this.#markedEnd = this.#end
    for (const part of [this.#ends, this.keys, this.values]) part.mark()
  }

  rollback(): void {
    this.#rows = this.#markedRows
    this.#end = this.#markedEnd
    for (const part of [this.#ends, this.keys, this.values]) part.rollback()
  }

  pieces(rows: number): readonly Uint8Array[] {
    this.#pad(rows)
    const values = this.values.bytes.subarray(0, this.values.length)
    return [DICTIONARY_PREFIX, ...this.#ends.pieces(rows), ...this.keys.pieces(), values]
  }

  clear(): void {
    this.#rows = this.#end = 0
    for (const part of [this.#ends, this.keys, this.values]) part.clear()
  }
}
