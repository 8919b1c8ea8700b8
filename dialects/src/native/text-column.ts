import { ByteBuffer } from './byte-buffer.ts'
import type { Column } from './column.ts'

/** String: each value is its length and its bytes. */
export class TextColumn implements Column {
  readonly #buffer = new ByteBuffer()
  #rows = 0
  #mark = 0

  get size(): number {
    return this.#buffer.length
  }

  /** Text from bytes that are meant to be UTF-8. */
  utf8(row: number, source: Buffer, start: number, end: number): void {
    if (start !== end) this.at(row).utf8(source, start, end)
  }

  text(row: number, value: string): void {
    if (value !== '') this.at(row).text(value)
  }

  /** The buffer that the row's one value is to be appended to. */
  at(row: number): ByteBuffer {
    this.#pad(row)
    this.#rows = row + 1
    return this.#buffer
  }

  #pad(rows: number): void {
    if (rows > this.#rows) this.#buffer.zeros(rows - this.#rows)
    this.#rows = rows
  }

  mark(): void {
    this.#mark = this.#rows
    this.#buffer.mark()
  }

  rollback(): void {
    this.#rows = this.#mark
    this.#buffer.rollback()
  }

  pieces(rows: number): readonly Uint8Array[] {
    this.#pad(rows)
    return [this.#buffer.bytes.subarray(0, this.#buffer.length)]
  }

  clear(): void {
    this.#rows = 0
    this.#buffer.clear()
  }
}
