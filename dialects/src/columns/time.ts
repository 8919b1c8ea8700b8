import type { Word64Column } from '../native/number-columns.ts'

const MAX_HIGH = 0x7fff_ffff

/** True where a time was sent that is not 0. */
export function isSetTime(bytes: Buffer, at: number): boolean {
  return at >= 0 && (word(bytes, at) !== 0 || word(bytes, at + 4) !== 0)
}

/**
 * Writes unsigned nanoseconds since 1970 as DateTime64(9), which is signed: what comes after
 * 2262-04-11T23:47:16.854775807Z is stored as that instant.
 */
export function writeTime(column: Word64Column, row: number, bytes: Buffer, at: number): void {
  if (at < 0) return
  const high = word(bytes, at + 4)
  if (high > MAX_HIGH) column.set(row, 0xffff_ffff, MAX_HIGH)
  else column.set(row, word(bytes, at), high)
}

/** An unsigned 32-bit integer, little endian. */
export function word(bytes: Buffer, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
