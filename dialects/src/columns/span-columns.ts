import type { CompiledDialects } from '../dialects/compile.ts'
import type { Field } from '../dialects/precedence.ts'
import { fieldNumber, Resolver } from '../dialects/resolver.ts'
import type { Block } from '../native/block.ts'
import { DictionaryColumn } from '../native/dictionary-column.ts'
import { TextColumn } from '../native/text-column.ts'
import type { SpanView } from '../otlp/span.ts'
import type { Prices } from '../prices/prices.ts'
import { AttributeColumns } from './attribute-columns.ts'
import type { Cut } from './cuts.ts'
import { outcomeOf } from './outcome.ts'
import { isSetTime } from './time.ts'
import { UsageColumns } from './usage-columns.ts'
import { ValueColumns } from './value-columns.ts'
import { WireColumns } from './wire-columns.ts'
import { writeField } from './write-field.ts'

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
  ['metadata', 'metadata'],
]
const NAME = fieldNumber('name')
const FLOW = fieldNumber('flow')

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
  readonly #status: DictionaryColumn
  readonly #errorType: DictionaryColumn
  readonly #errorMessage: TextColumn
  readonly #dictionaries: readonly FieldColumn<DictionaryColumn>[]
  readonly #texts: readonly FieldColumn<TextColumn>[]
  readonly #input: ValueColumns
  readonly #output: ValueColumns
  readonly #usage: UsageColumns
  readonly #wire: WireColumns
  readonly #attributes: AttributeColumns

  constructor(block: Block, dialects: CompiledDialects, prices: Prices) {
    this.#block = block
    this.#dialects = dialects
    this.resolver = new Resolver(dialects)
    this.#kind = block.column('kind', DictionaryColumn)
    this.#name = block.column('name', DictionaryColumn)
    this.#flow = block.column('declared_flow', DictionaryColumn)
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
    this.#input = new ValueColumns(block, 'input')
    this.#output = new ValueColumns(block, 'output')
    this.#usage = new UsageColumns(block, prices)
    this.#wire = new WireColumns(block)
    this.#attributes = new AttributeColumns(block)
  }

  /** Whose spans come next. */
  set project(project: string) {
    this.#usage.project = project
  }

  writeRow(bytes: Buffer, span: SpanView, cuts: readonly Cut[]): void {
    const row = this.#block.rows
    this.resolver.resolve(bytes, span.attributes, span.events)
    this.#writeIdentity(row, bytes, span)
    this.#writeOutcome(row, bytes, span)
    for (let at = 0; at < this.#dictionaries.length; at++) {
      const { field, column } = this.#dictionaries[at]!
      writeField(column, row, bytes, span, this.resolver, field)
    }
    for (let at = 0; at < this.#texts.length; at++) {
      const { field, column } = this.#texts[at]!
      if (this.resolver.has(field)) writeField(column, row, bytes, span, this.resolver, field)
    }
    this.#input.writeRow(row, bytes, span, this.resolver, cuts)
    this.#output.writeRow(row, bytes, span, this.resolver, cuts)
    this.#usage.writeRow(row, this.resolver)
    this.#wire.writeRow(row, bytes, span)
    this.#attributes.writeRow(row, bytes, span, this.resolver)
    this.#block.rows += 1
  }

  #writeIdentity(row: number, bytes: Buffer, span: SpanView): void {
    const { resolver } = this
    this.#kind.text(row, resolver.kind)
    if (resolver.has(NAME)) writeField(this.#name, row, bytes, span, resolver, NAME)
    else this.#name.utf8(row, bytes, span.nameStart, span.nameEnd)
    if (resolver.has(FLOW) || resolver.kind !== 'flow')
      writeField(this.#flow, row, bytes, span, resolver, FLOW)
    else if (resolver.has(NAME)) writeField(this.#flow, row, bytes, span, resolver, NAME)
    else this.#flow.utf8(row, bytes, span.nameStart, span.nameEnd)
  }

  #writeOutcome(row: number, bytes: Buffer, span: SpanView): void {
    const ended = isSetTime(bytes, span.end)
    const { status, errorType, errorMessage } = outcomeOf(bytes, span, this.resolver, this.#dialects, ended)
    this.#status.text(row, status)
    this.#errorType.text(row, errorType)
    this.#errorMessage.text(row, errorMessage)
  }
}
