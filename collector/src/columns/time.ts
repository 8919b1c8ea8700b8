import type { ByteBuffer } from '../native/byte-buffer.ts'

const SIGN = 0x80
const TWO_32 = 0x1_0000_0000

/** True where a time was sent that is not 0. */
export function isSetTime(bytes: Buffer, at: number): boolean {
  return at >= 0 && (bytes.readUInt32LE(at) !== 0 || bytes.readUInt32LE(at + 4) !== 0)
}

/**
 * Writes unsigned nanoseconds since 1970 as DateTime64(9), which is signed: what comes after
 * 2262-04-11T23:47:16.854775807Z is stored as that instant.
 */
export function writeTime(column: ByteBuffer, bytes: Buffer, at: number): void {
  if (at < 0) {
    column.zeros(8)
    return
  }
  if ((bytes[at + 7]! & SIGN) === 0) {
    column.copy(bytes, at, at + 8)
    return
  }
  column.uint32(0xffff_ffff)
  column.uint32(0x7fff_ffff)
}

/** Writes end - start as UInt64; 0 for a span that has not ended, or that claims to have ended before it began. */
export function writeDuration(column: ByteBuffer, bytes: Buffer, start: number, end: number): void {
  if (!isSetTime(bytes, end)) {
    column.zeros(8)
    return
  }
  let low = bytes.readUInt32LE(end) - (start < 0 ? 0 : bytes.readUInt32LE(start))
  let high = bytes.readUInt32LE(end + 4) - (start < 0 ? 0 : bytes.readUInt32LE(start + 4))
  if (low < 0) {
    low += TWO_32
    high -= 1
  }
  column.uint32(high < 0 ? 0 : low)
  column.uint32(Math.max(high, 0))
}
