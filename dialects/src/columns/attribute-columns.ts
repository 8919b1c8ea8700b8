import { fieldNumber, type Resolver } from '../dialects/resolver.ts'
import type { Block } from '../native/block.ts'
import { DictionaryColumn } from '../native/dictionary-column.ts'
import { MapColumn } from '../native/map-column.ts'
import { Word32Column } from '../native/number-columns.ts'
import { attributeText } from '../otlp/any-value.ts'
import { INT, STRING } from '../otlp/attributes.ts'
import type { SpanView } from '../otlp/span.ts'
import { int64At } from '../otlp/wire-reader.ts'

const INPUT = fieldNumber('input')
const OUTPUT = fieldNumber('output')
const METADATA = fieldNumber('metadata')
const MAX_INT32 = 0x7fff_ffff
const USUAL_PLACES = 256
/** Letters that keep the place of an attribute that was moved. */
const MOVED_INPUT = 'I'.charCodeAt(0)
const MOVED_OUTPUT = 'O'.charCodeAt(0)
const MOVED_METADATA = 'M'.charCodeAt(0)

/** Writes a span's attributes: keys, values as text, and one letter per attribute for its type. */
export class AttributeColumns {
  readonly #attributes: MapColumn
  readonly #types: DictionaryColumn
  readonly #dropped: Word32Column
  readonly #inputKey: DictionaryColumn
  readonly #outputKey: DictionaryColumn
  /** The key that an attribute at this place had last: a client's spans are alike. */
  readonly #usual: number[] = []
  /** The letters of the row at hand. */
  #letters: Buffer = Buffer.alloc(256)

  constructor(block: Block) {
    this.#attributes = block.column('attributes', MapColumn)
    this.#types = block.column('attribute_types', DictionaryColumn)
    this.#dropped = block.column('dropped_attributes', Word32Column)
    this.#inputKey = block.column('input_key', DictionaryColumn)
    this.#outputKey = block.column('output_key', DictionaryColumn)
  }

  writeRow(row: number, bytes: Buffer, span: SpanView, resolver: Resolver): void {
    const input = writeMovedKey(this.#inputKey, row, bytes, span, resolver.source[INPUT]!)
    const output = writeMovedKey(this.#outputKey, row, bytes, span, resolver.source[OUTPUT]!)
    const metadata = movedAt(span, resolver.source[METADATA]!)
    this.#dropped.set(row, span.droppedAttributes)
    const { count, keyStart, keyEnd, type, valueStart, valueEnd } = span.attributes
    if (count > this.#letters.length) this.#letters = Buffer.alloc(count * 2)
    const letters = this.#letters
    const { keys, values } = this.#attributes
    for (let at = 0; at < count; at++) {
      if (at === input || at === output || at === metadata) {
        letters[at] = at === input ? MOVED_INPUT : at === output ? MOVED_OUTPUT : MOVED_METADATA
        continue
      }
      letters[at] = type[at]!
      keys.push(this.#key(at, bytes, keyStart[at]!, keyEnd[at]!))
      if (type[at] === STRING) values.utf8(bytes, valueStart[at]!, valueEnd[at]!)
      else if (type[at] !== INT) values.text(attributeText(bytes, span.attributes, at))
      else {
        const value = int64At(bytes, valueStart[at]!)
        if (value >= 0 && value <= MAX_INT32) values.digits(value)
        else values.text(attributeText(bytes, span.attributes, at))
      }
    }
    this.#types.utf8(row, letters, 0, count)
    if (count > 0) this.#attributes.endRow(row)
  }

  #key(place: number, bytes: Buffer, start: number, end: number): number {
    const { dictionary } = this.#attributes.keys
    const usual = this.#usual[place]
    if (usual !== undefined && dictionary.is(usual, bytes, start, end)) return usual
    const number = dictionary.find(bytes, start, end)
    if (place < USUAL_PLACES) this.#usual[place] = number
    return number
  }
}

/** Says under which key the input or output that was moved had come. */
function writeMovedKey(
  column: DictionaryColumn,
  row: number,
  bytes: Buffer,
  span: SpanView,
  source: number,
): number {
  const at = movedAt(span, source)
  if (at < 0) column.text(row, '')
  else column.utf8(row, bytes, span.attributes.keyStart[at]!, span.attributes.keyEnd[at]!)
  return at
}

/** A single text attribute that became a column is moved there, others are copied: -1. */
function movedAt({ attributes }: SpanView, source: number): number {
  return source >= 0 && attributes.type[source] === STRING ? source : -1
}
