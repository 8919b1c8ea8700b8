import type { Word64Column } from '../native/number-columns.ts'

const TWO_32 = 0x1_0000_0000
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

/** Writes end - start as UInt64; 0 for a span that has not ended, or that claims to have ended before it began. */
export function writeDuration(
  column: Word64Column,
  row: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (!isSetTime(bytes, end)) return
  let low = word(bytes, end) - (start < 0 ? 0 : word(bytes, start))
  let high = word(bytes, end + 4) - (start < 0 ? 0 : word(bytes, start + 4))
  if (low < 0) {
    low += TWO_32
    high -= 1
  }
  if (high >= 0) column.set(row, low, high)
}

/** An unsigned 32-bit integer, little endian. */
export function word(bytes: Buffer, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
