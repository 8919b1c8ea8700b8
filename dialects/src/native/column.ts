/**
 * A column of a Native block (clickhouse.com/docs/interfaces/formats/Native). Values are set by row, in ascending
 * order; rows that are passed over have the type's default (or, in a {@link DictionaryColumn}, the value that holds),
 * so that what most spans do not have costs nothing.
 */
export interface Column {
  /** Bytes written since the column was last cleared. */
  readonly size: number
  /** Remembers the present state. */
  mark(): void
  /** Goes back to the marked state. */
  rollback(): void
  /** The column's bytes, one after the other, for so many rows. They are valid until the column changes. */
  pieces(rows: number): readonly Uint8Array[]
  clear(): void
}

/** Arrays that grew beyond so many bytes are given back when a column is cleared. */
export const KEEP_BYTES: number = 4 * 1024 * 1024
