import { STRING } from '../decode/attributes.ts'
import type { SpanView } from '../decode/span.ts'
import type { CompiledDialects } from '../dialects/compile.ts'
import type { Field } from '../dialects/field.ts'
import { fieldNumber, Resolver } from '../dialects/resolver.ts'
import type { Block } from '../native/block.ts'
import { DictionaryColumn } from '../native/dictionary-column.ts'
import { TextColumn } from '../native/text-column.ts'
import { AttributeColumns } from './attribute-columns.ts'
import { writeHex } from './ids.ts'
import { outcomeOf } from './outcome.ts'
import { isSetTime } from './time.ts'
import { UsageColumns } from './usage-columns.ts'
import { WireColumns } from './wire-columns.ts'

const DICTIONARY_FIELDS: readonly (readonly [Field, string])[] = [
  ['service', 'service'],
  ['environment', 'environment'],
  ['version', 'version'],
  ['model', 'model'],
  ['provider', 'provider'],
]
const TEXT_FIELDS: readonly (readonly [Field, string])[] = [
  ['runId', 'declared_run_id'],
  ['parentRunId', 'declared_parent_run_id'],
  ['session', 'session_id'],
  ['user', 'user_id'],
  ['experiment', 'experiment_id'],
  ['case', 'case_id'],
  ['input', 'input'],
  ['output', 'output'],
]
const NAME = fieldNumber('name')
const FLOW = fieldNumber('flow')
const RUN_ID = fieldNumber('runId')

interface FieldColumn<T> {
  readonly field: number
  readonly column: T
}

/** Writes one row per span: what OTLP says without loss, and the fields that its dialect gives. */
export class SpanColumns {
  readonly resolver: Resolver
  readonly #block: Block
  readonly #dialects: CompiledDialects
  readonly #kind: DictionaryColumn
  readonly #name: DictionaryColumn
  readonly #flow: DictionaryColumn
  readonly #runId: TextColumn
  readonly #status: DictionaryColumn
  readonly #errorType: DictionaryColumn
  readonly #errorMessage: TextColumn
  readonly #dictionaries: readonly FieldColumn<DictionaryColumn>[]
  readonly #texts: readonly FieldColumn<TextColumn>[]
  readonly #usage: UsageColumns
  readonly #wire: WireColumns
  readonly #attributes: AttributeColumns

  constructor(block: Block, dialects: CompiledDialects) {
    this.#block = block
    this.#dialects = dialects
    this.resolver = new Resolver(dialects)
    this.#kind = block.column('kind', DictionaryColumn)
    this.#name = block.column('name', DictionaryColumn)
    this.#flow = block.column('flow', DictionaryColumn)
    this.#runId = block.column('run_id', TextColumn)
    this.#status = block.column('status', DictionaryColumn)
    this.#errorType = block.column('error_type', DictionaryColumn)
    this.#errorMessage = block.column('error_message', TextColumn)
    this.#dictionaries = DICTIONARY_FIELDS.map(([field, name]) => ({
      field: fieldNumber(field),
      column: block.column(name, DictionaryColumn),
    }))
    this.#texts = TEXT_FIELDS.map(([field, name]) => ({
      field: fieldNumber(field),
      column: block.column(name, TextColumn),
    }))
    this.#usage = new UsageColumns(block)
    this.#wire = new WireColumns(block)
    this.#attributes = new AttributeColumns(block)
  }

  writeRow(bytes: Buffer, span: SpanView): void {
    const row = this.#block.rows
    this.resolver.resolve(bytes, span.attributes, span.events)
    this.#writeIdentity(row, bytes, span)
    this.#writeOutcome(row, bytes, span)
    for (let at = 0; at < this.#dictionaries.length; at++) {
      const { field, column } = this.#dictionaries[at]!
      this.#writeDictionary(column, field, row, bytes, span)
    }
    for (let at = 0; at < this.#texts.length; at++) {
      const { field, column } = this.#texts[at]!
      if (this.resolver.has(field)) this.#writeText(column, field, row, bytes, span)
    }
    this.#usage.writeRow(row, this.resolver)
    this.#wire.writeRow(row, bytes, span)
    this.#attributes.writeRow(row, bytes, span, this.resolver)
    this.#block.rows += 1
  }

  #writeIdentity(row: number, bytes: Buffer, span: SpanView): void {
    const { resolver } = this
    this.#kind.text(row, resolver.kind)
    if (resolver.has(NAME)) this.#writeDictionary(this.#name, NAME, row, bytes, span)
    else this.#name.utf8(row, bytes, span.nameStart, span.nameEnd)
    if (resolver.has(FLOW) || resolver.kind !== 'flow')
      this.#writeDictionary(this.#flow, FLOW, row, bytes, span)
    else if (resolver.has(NAME)) this.#writeDictionary(this.#flow, NAME, row, bytes, span)
    else this.#flow.utf8(row, bytes, span.nameStart, span.nameEnd)
    if (resolver.has(RUN_ID)) this.#writeText(this.#runId, RUN_ID, row, bytes, span)
    else writeHex(this.#runId.at(row), bytes, span.traceIdStart, span.traceIdEnd)
  }

  /** Copies the bytes where the field is an attribute's text as it came. */
  #writeText(column: TextColumn, field: number, row: number, bytes: Buffer, { attributes }: SpanView): void {
    const at = this.resolver.source[field]!
    if (at >= 0 && attributes.type[at] === STRING)
      column.utf8(row, bytes, attributes.valueStart[at]!, attributes.valueEnd[at]!)
    else column.text(row, this.resolver.text(field))
  }

  #writeDictionary(
    column: DictionaryColumn,
    field: number,
    row: number,
    bytes: Buffer,
    { attributes }: SpanView,
  ): void {
    const at = this.resolver.source[field]!
    if (at >= 0 && attributes.type[at] === STRING)
      column.utf8(row, bytes, attributes.valueStart[at]!, attributes.valueEnd[at]!)
    else column.text(row, this.resolver.text(field))
  }

  #writeOutcome(row: number, bytes: Buffer, span: SpanView): void {
    const ended = isSetTime(bytes, span.end)
    const { status, errorType, errorMessage } = outcomeOf(bytes, span, this.resolver, this.#dialects, ended)
    this.#status.text(row, status)
    this.#errorType.text(row, errorType)
    this.#errorMessage.text(row, errorMessage)
  }
}
