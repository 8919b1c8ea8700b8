import type { Format } from '../dialects/dialect.ts'
import { fieldNumber, type Resolver } from '../dialects/resolver.ts'
import type { Block } from '../native/block.ts'
import { DictionaryColumn } from '../native/dictionary-column.ts'
import { Word32Column } from '../native/number-columns.ts'
import { TextColumn } from '../native/text-column.ts'
import { ARRAY, BOOL, DOUBLE, INT, KVLIST, STRING } from '../otlp/attributes.ts'
import type { SpanView } from '../otlp/span.ts'
import { type Cut, lostIn } from './cuts.ts'
import { writeField } from './write-field.ts'

const MAX_UINT32 = 0xffff_ffff
/** Types of OTLP whose text is JSON as it is. */
const JSON_TYPES: readonly number[] = [INT, BOOL, ARRAY, KVLIST]

/** Writes an input or an output: its text, what the text is, and how long it was before it was cut. */
export class ValueColumns {
  readonly #field: number
  readonly #format: number
  readonly #saidLength: number
  readonly #text: TextColumn
  readonly #type: DictionaryColumn
  readonly #length: Word32Column

  constructor(block: Block, side: 'input' | 'output') {
    this.#field = fieldNumber(side)
    this.#format = fieldNumber(`${side}Format`)
    this.#saidLength = fieldNumber(`${side}Length`)
    this.#text = block.column(side, TextColumn)
    this.#type = block.column(`${side}_type`, DictionaryColumn)
    this.#length = block.column(`${side}_length`, Word32Column)
  }

  writeRow(row: number, bytes: Buffer, span: SpanView, resolver: Resolver, cuts: readonly Cut[]): void {
    const type = resolver.has(this.#field) ? this.#typeOf(bytes, span, resolver) : ''
    this.#type.text(row, type)
    if (type === '') return
    writeField(this.#text, row, bytes, span, resolver, this.#field)
    const length = resolver.has(this.#saidLength) ? resolver.number(this.#saidLength, 0) : 0
    const cutHere = cuts.length === 0 ? 0 : this.#lengthBefore(cuts, span, resolver)
    this.#length.set(row, Math.min(Math.max(length, cutHere, 0), MAX_UINT32))
  }

  /** The type of the attribute decides, then the mime type that the client says, then what its dialect knows of the key. */
  #typeOf(bytes: Buffer, { attributes }: SpanView, resolver: Resolver): Format | '' {
    const at = resolver.source[this.#field]!
    if (at < 0) return resolver.formatOf(this.#field)
    const type = attributes.type[at]!
    if (type === STRING) {
      const said = (resolver.text(this.#format) as Format | '') || resolver.formatOf(this.#field)
      // An empty text is a value only where it is meant as a text.
      return attributes.valueStart[at] === attributes.valueEnd[at] && said !== 'text' ? '' : said
    }
    if (type === DOUBLE)
      return Number.isFinite(bytes.readDoubleLE(attributes.valueStart[at]!)) ? 'json' : 'text'
    return JSON_TYPES.includes(type) ? 'json' : 'text'
  }

  /** 0 where nothing of the value was cut. */
  #lengthBefore(cuts: readonly Cut[], { attributes }: SpanView, resolver: Resolver): number {
    const at = resolver.source[this.#field]!
    if (at < 0) return 0
    const lost = lostIn(cuts, attributes.valueStart[at]!, attributes.valueEnd[at]!)
    return lost === 0 ? 0 : resolver.text(this.#field).length + lost
  }
}
