import type { Piece } from './piece.ts'
import type { Shape, SpanShape } from './shape.ts'

/** Encodes a request once, and writes what varies in place. */
export interface Encoder {
  readonly contentType: string
  span(shape: SpanShape, span: number): Piece
  request(shape: Shape, spans: readonly Piece[]): Piece
  /** Writes 32 bits of an id. */
  writeId(bytes: Buffer, at: number, word: number): void
  /** Bytes that 32 bits of an id take. */
  readonly idWidth: number
  writeTime(bytes: Buffer, at: number, seconds: number, nanoseconds: number): void
  /** @param number 1000 to 9999 */
  writeNumber(bytes: Buffer, at: number, number: number): void
}
