import type { ByteBuffer } from '../native/byte-buffer.ts'

const DIGITS = Buffer.from('0123456789abcdef')

/** True for an id of the right length that is not all zeros (opentelemetry.io/docs/specs/otel/trace/api/#spancontext). */
export function isValidId(bytes: Buffer, start: number, end: number, size: number): boolean {
  if (end - start !== size) return false
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return true
  return false
}

/** Writes an id into a FixedString column: cut or padded with zeros where its length is wrong. */
export function writeId(column: ByteBuffer, bytes: Buffer, start: number, end: number, size: number): void {
  const length = Math.min(end - start, size)
  column.copy(bytes, start, start + length)
  if (length < size) column.zeros(size - length)
}

/** Writes an id as a string of hex digits. */
export function writeHex(column: ByteBuffer, bytes: Buffer, start: number, end: number): void {
  column.varint((end - start) * 2)
  column.reserve((end - start) * 2)
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    column.bytes[column.length++] = DIGITS[byte >>> 4]!
    column.bytes[column.length++] = DIGITS[byte & 15]!
  }
}
