import { type ColumnToWrite, writeNative } from './write-native.ts'

/** A column as a test writes it down: the value of each row, arrays where the type is one of arrays. */
export interface TestColumn {
  readonly name: string
  readonly type: string
  readonly values: readonly unknown[]
}

/** The rows of some columns are the indexes of their values. */
export function rowsOf(columns: readonly TestColumn[]): number[] {
  return [...(columns[0]?.values.keys() ?? [])]
}

export function columnsToWrite(columns: readonly TestColumn[]): ColumnToWrite<number>[] {
  return columns.map(({ name, type, values }): ColumnToWrite<number> => {
    const itemType = /^Array\((.+)\)$/.exec(type)?.[1]
    if (itemType === undefined) return { name, type, value: (row) => values[row] as string | number | bigint }
    const value = (item: unknown) => item as string | number | bigint
    return { name, type: itemType, value, items: (row) => values[row] as unknown[] }
  })
}

export function blockOf(columns: readonly TestColumn[]): Buffer {
  return writeNative(rowsOf(columns), columnsToWrite(columns))
}
