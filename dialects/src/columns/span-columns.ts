import { STEP_ROLES, type StepRole } from '@weir/store/run-model'
import type { CompiledDialects } from '../dialects/compile.ts'
import type { Field } from '../dialects/precedence.ts'
import { fieldNumber, Resolver } from '../dialects/resolver.ts'
import type { Block } from '../native/block.ts'
import { DictionaryColumn } from '../native/dictionary-column.ts'
import { ByteColumn } from '../native/number-columns.ts'
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
const STEP_ROLE = fieldNumber('stepRole')
const GRAPH_NODE = fieldNumber('graphNode')

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
  readonly #stepRole: ByteColumn
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
    this.#stepRole = block.column('step_role', ByteColumn)
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
    this.#usage.writeRow(row, bytes, span, this.resolver)
    this.#wire.writeRow(row, bytes, span)
    this.#attributes.writeRow(row, bytes, span, this.resolver)
    this.#block.rows += 1
  }

  #writeIdentity(row: number, bytes: Buffer, span: SpanView): void {
    const { resolver } = this
    this.#kind.text(row, resolver.kind)
    this.#writeName(this.#name, row, bytes, span)
    if (resolver.has(STEP_ROLE)) this.#stepRole.set(row, STEP_ROLES.indexOf(this.#roleOf(bytes, span)))
    if (resolver.has(FLOW) || resolver.kind !== 'flow')
      writeField(this.#flow, row, bytes, span, resolver, FLOW)
    else this.#writeName(this.#flow, row, bytes, span)
  }

  /** A graph's nodes are its chains. What a node runs says the node's name too, but has another one of its own. */
  #roleOf(bytes: Buffer, { nameStart, nameEnd }: SpanView): StepRole {
    const { resolver } = this
    const role = resolver.text(STEP_ROLE)
    const node = role === 'chain' ? resolver.text(GRAPH_NODE) : ''
    if (node !== '' && node !== bytes.toString('utf8', nameStart, nameEnd)) return 'inner'
    return role === 'declared' ? '' : (role as StepRole)
  }

  /** The label: what a key says, else the span's name without what its client puts around it. */
  #writeName(column: DictionaryColumn, row: number, bytes: Buffer, span: SpanView): void {
    const { resolver } = this
    if (resolver.has(NAME)) {
      writeField(column, row, bytes, span, resolver, NAME)
      return
    }
    let { nameStart, nameEnd } = span
    for (const { prefix, suffix } of this.#dialects.spanNames.get(resolver.kind) ?? []) {
      const start = nameStart + prefix.length
      const end = nameEnd - suffix.length
      if (start >= end || bytes.compare(prefix, 0, prefix.length, nameStart, start) !== 0) continue
      if (bytes.compare(suffix, 0, suffix.length, end, nameEnd) !== 0) continue
      nameStart = start
      nameEnd = end
    }
    column.utf8(row, bytes, nameStart, nameEnd)
  }

  #writeOutcome(row: number, bytes: Buffer, span: SpanView): void {
    const ended = isSetTime(bytes, span.end)
    const { status, errorType, errorMessage } = outcomeOf(bytes, span, this.resolver, this.#dialects, ended)
    this.#status.text(row, status)
    this.#errorType.text(row, errorType)
    this.#errorMessage.text(row, errorMessage)
  }
}
