import type { Column } from './column.ts'
import { DICTIONARY_PREFIX, Indexes } from './indexes.ts'

/**
 * LowCardinality(String). A value holds for the following rows too until another is set, so that what a resource or a
 * request says once costs nothing per row.
 */
export class DictionaryColumn implements Column {
  readonly #indexes = new Indexes()
  /** Number of the text that holds, and the text where it was set as one. */
  #held = 0
  #text: string | undefined = ''
  #marked = 0

  get size(): number {
    return this.#indexes.size
  }

  /** Text from bytes that are meant to be UTF-8. */
  utf8(row: number, source: Buffer, start: number, end: number): void {
    const { dictionary } = this.#indexes
    if (dictionary.is(this.#held, source, start, end)) return
    this.#hold(row, dictionary.find(source, start, end), undefined)
  }

  text(row: number, value: string): void {
    if (value === this.#text) return
    this.#hold(row, this.#indexes.dictionary.findText(value), value)
  }

  #hold(row: number, number: number, text: string | undefined): void {
    this.#text = text
    if (number === this.#held) return
    this.#indexes.fill(this.#held, row)
    this.#held = number
  }

  mark(): void {
    this.#marked = this.#held
    this.#indexes.mark()
  }

  rollback(): void {
    this.#held = this.#marked
    this.#text = undefined
    this.#indexes.rollback()
  }

  pieces(rows: number): readonly Uint8Array[] {
    this.#indexes.fill(this.#held, rows)
    return [DICTIONARY_PREFIX, ...this.#indexes.pieces()]
  }

  clear(): void {
    this.#held = 0
    this.#text = ''
    this.#indexes.clear()
  }
}
