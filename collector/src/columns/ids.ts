import type { ByteBuffer } from '../native/byte-buffer.ts'

const DIGITS = Buffer.from('0123456789abcdef')

/** True for an id of the right length that is not all zeros (opentelemetry.io/docs/specs/otel/trace/api/#spancontext). */
export function isValidId(bytes: Buffer, start: number, end: number, size: number): boolean {
  if (end - start !== size) return false
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return true
  return false
}

/** Writes an id as a string of hex digits. */
export function writeHex(column: ByteBuffer, bytes: Buffer, start: number, end: number): void {
  const size = (end - start) * 2
  column.varint(size)
  column.reserve(size)
  const to = column.bytes
  let length = column.length
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    to[length++] = DIGITS[byte >>> 4]!
    to[length++] = DIGITS[byte & 15]!
  }
  column.length = length
}
