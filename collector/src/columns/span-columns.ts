import { STRING } from '../decode/attributes.ts'
import type { SpanView } from '../decode/span.ts'
import type { CompiledDialects } from '../dialects/compile.ts'
import type { Field } from '../dialects/field.ts'
import { fieldNumber, Resolver } from '../dialects/resolver.ts'
import type { Block } from '../native/block.ts'
import type { ByteBuffer } from '../native/byte-buffer.ts'
import type { MapParts } from '../native/column.ts'
import { writeAttributes } from './attribute-writer.ts'
import { EventColumns, LinkColumns } from './event-columns.ts'
import { writeHex, writeId } from './ids.ts'
import { outcomeOf } from './outcome.ts'
import { priceOf } from './prices.ts'
import { isSetTime, writeDuration, writeTime } from './time.ts'

const MAX_UINT32 = 0xffff_ffff
const MAX_INT32 = 0x7fff_ffff

const TEXT_COLUMNS: readonly (readonly [Field, string])[] = [
  ['runId', 'declared_run_id'],
  ['parentRunId', 'declared_parent_run_id'],
  ['service', 'service'],
  ['environment', 'environment'],
  ['version', 'version'],
  ['session', 'session_id'],
  ['user', 'user_id'],
  ['experiment', 'experiment_id'],
  ['case', 'case_id'],
  ['model', 'model'],
  ['provider', 'provider'],
  ['input', 'input'],
  ['output', 'output'],
]
const COUNT_COLUMNS: readonly (readonly [Field, string])[] = [
  ['inputTokens', 'input_tokens'],
  ['outputTokens', 'output_tokens'],
  ['cachedInputTokens', 'cached_input_tokens'],
  ['reasoningTokens', 'reasoning_tokens'],
  ['timeToFirstToken', 'time_to_first_token_ns'],
]
const NAME = fieldNumber('name')
const FLOW = fieldNumber('flow')
const RUN_ID = fieldNumber('runId')
const INPUT = fieldNumber('input')
const OUTPUT = fieldNumber('output')
const MODEL = fieldNumber('model')
const COST = fieldNumber('cost')

/** Writes one row per span: what OTLP says without loss, and the fields that its dialect gives. */
export class SpanColumns {
  readonly resolver: Resolver
  readonly #block: Block
  readonly #dialects: CompiledDialects
  readonly #plain: Readonly<Record<string, ByteBuffer>>
  readonly #texts: readonly (readonly [number, ByteBuffer])[]
  readonly #counts: readonly (readonly [number, ByteBuffer])[]
  readonly #attributes: MapParts & { readonly types: ByteBuffer }
  readonly #events: EventColumns
  readonly #links: LinkColumns
  readonly #project: string

  constructor(block: Block, dialects: CompiledDialects, project: string) {
    this.#block = block
    this.#dialects = dialects
    this.#project = project
    this.resolver = new Resolver(dialects)
    this.#plain = Object.fromEntries(PLAIN_COLUMNS.map((name) => [name, block.plain(name)]))
    this.#texts = TEXT_COLUMNS.map(([field, name]) => [fieldNumber(field), block.plain(name)])
    this.#counts = COUNT_COLUMNS.map(([field, name]) => [fieldNumber(field), block.plain(name)])
    this.#attributes = { ...block.map('attributes'), types: block.plain('attribute_types') }
    this.#events = new EventColumns(block)
    this.#links = new LinkColumns(block)
  }

  writeRow(bytes: Buffer, span: SpanView): void {
    this.resolver.resolve(bytes, span.attributes, span.events)
    this.#writeIdentity(bytes, span)
    this.#writeOutcome(bytes, span)
    for (const [field, column] of this.#texts) this.#writeText(column, field, bytes, span)
    this.#writeNumbers()
    this.#writeTimes(bytes, span)
    this.#writeWire(bytes, span)
    this.#writeAttributes(bytes, span)
    this.#events.writeRow(bytes, span.events)
    this.#links.writeRow(bytes, span.links)
    this.#block.rows += 1
  }

  #writeIdentity(bytes: Buffer, span: SpanView): void {
    const to = this.#plain
    to.project!.text(this.#project)
    writeId(to.trace_id!, bytes, span.traceIdStart, span.traceIdEnd, 16)
    writeId(to.span_id!, bytes, span.spanIdStart, span.spanIdEnd, 8)
    writeId(to.parent_span_id!, bytes, span.parentStart, span.parentEnd, 8)
    to.kind!.text(this.resolver.kind)
    this.#writeName(to.name!, NAME, bytes, span)
    const isFlow = this.resolver.kind === 'flow' && !this.resolver.has(FLOW)
    if (isFlow) this.#writeName(to.flow!, NAME, bytes, span)
    else this.#writeText(to.flow!, FLOW, bytes, span)
    if (!this.resolver.has(RUN_ID)) writeHex(to.run_id!, bytes, span.traceIdStart, span.traceIdEnd)
    else this.#writeText(to.run_id!, RUN_ID, bytes, span)
  }

  #writeName(column: ByteBuffer, field: number, bytes: Buffer, span: SpanView): void {
    if (!this.resolver.has(field)) column.utf8(bytes, span.nameStart, span.nameEnd)
    else this.#writeText(column, field, bytes, span)
  }

  /** Copies the bytes where the field is an attribute's text as it came. */
  #writeText(column: ByteBuffer, field: number, bytes: Buffer, { attributes }: SpanView): void {
    const at = this.resolver.source[field]!
    if (at >= 0 && attributes.type[at] === STRING) {
      column.utf8(bytes, attributes.valueStart[at]!, attributes.valueEnd[at]!)
    } else column.text(this.resolver.text(field))
  }

  #writeOutcome(bytes: Buffer, span: SpanView): void {
    const ended = isSetTime(bytes, span.end)
    const { status, errorType, errorMessage } = outcomeOf(bytes, span, this.resolver, this.#dialects, ended)
    this.#plain.status!.text(status)
    this.#plain.error_type!.text(errorType)
    this.#plain.error_message!.text(errorMessage)
  }

  #writeNumbers(): void {
    const { resolver } = this
    for (const [field, column] of this.#counts)
      column.uint64(count(resolver.number(field, 0), Number.MAX_SAFE_INTEGER))
    this.#plain.cost!.double(this.#cost())
    this.#plain.trial!.uint32(count(resolver.number(TRIAL, 0), MAX_UINT32))
    this.#plain.step_index!.uint32(
      Math.max(-1, Math.min(Math.trunc(resolver.number(STEP_INDEX, -1)), MAX_INT32)),
    )
    this.#plain.step_attempts!.uint32(count(resolver.number(STEP_ATTEMPTS, 0), MAX_UINT32))
    this.#plain.step_fallback!.byte(Number(resolver.text(STEP_FALLBACK) === 'true'))
  }

  /** What the wire says, else what the tokens cost by the price table. */
  #cost(): number {
    const { resolver } = this
    const said = resolver.number(COST, -1)
    if (said >= 0) return said
    const input = count(resolver.number(INPUT_TOKENS, 0), Number.MAX_SAFE_INTEGER)
    const output = count(resolver.number(OUTPUT_TOKENS, 0), Number.MAX_SAFE_INTEGER)
    if (input + output === 0) return 0
    return priceOf(resolver.text(MODEL), input, count(resolver.number(CACHED_INPUT_TOKENS, 0), input), output)
  }

  #writeTimes(bytes: Buffer, span: SpanView): void {
    writeTime(this.#plain.start!, bytes, span.start)
    writeTime(this.#plain.end!, bytes, span.end)
    writeDuration(this.#plain.duration_ns!, bytes, span.start, span.end)
  }

  #writeWire(bytes: Buffer, span: SpanView): void {
    const to = this.#plain
    to.span_name!.utf8(bytes, span.nameStart, span.nameEnd)
    to.otel_kind!.byte(span.kind > 0xff ? 0 : span.kind)
    to.trace_state!.utf8(bytes, span.traceStateStart, span.traceStateEnd)
    if (span.flags < 0) to.flags!.zeros(4)
    else to.flags!.copy(bytes, span.flags, span.flags + 4)
    to.status_code!.byte(span.statusCode > 0xff ? 0 : span.statusCode)
    to.status_message!.utf8(bytes, span.statusMessageStart, span.statusMessageEnd)
    to.dropped_attributes!.uint32(span.droppedAttributes)
    to.dropped_events!.uint32(span.droppedEvents)
    to.dropped_links!.uint32(span.droppedLinks)
  }

  #writeAttributes(bytes: Buffer, span: SpanView): void {
    const input = this.#writeMovedKey('input_key', INPUT, bytes, span)
    const output = this.#writeMovedKey('output_key', OUTPUT, bytes, span)
    this.#attributes.offsets.push(writeAttributes(bytes, span.attributes, this.#attributes, input, output))
  }

  /** A single text attribute that became input or output is moved there; its key says where it came from. */
  #writeMovedKey(column: string, field: number, bytes: Buffer, { attributes }: SpanView): number {
    const at = this.resolver.source[field]!
    if (at >= 0 && attributes.type[at] === STRING) {
      this.#plain[column]!.utf8(bytes, attributes.keyStart[at]!, attributes.keyEnd[at]!)
      return at
    }
    this.#plain[column]!.byte(0)
    return -1
  }
}

const INPUT_TOKENS = fieldNumber('inputTokens')
const OUTPUT_TOKENS = fieldNumber('outputTokens')
const CACHED_INPUT_TOKENS = fieldNumber('cachedInputTokens')
const TRIAL = fieldNumber('trial')
const STEP_INDEX = fieldNumber('stepIndex')
const STEP_ATTEMPTS = fieldNumber('stepAttempts')
const STEP_FALLBACK = fieldNumber('stepFallback')

const PLAIN_COLUMNS = [
  'project',
  'trace_id',
  'span_id',
  'parent_span_id',
  'name',
  'kind',
  'flow',
  'run_id',
  'status',
  'trial',
  'step_index',
  'step_attempts',
  'step_fallback',
  'cost',
  'error_type',
  'error_message',
  'start',
  'end',
  'duration_ns',
  'input_key',
  'output_key',
  'span_name',
  'otel_kind',
  'trace_state',
  'flags',
  'status_code',
  'status_message',
  'dropped_attributes',
  'dropped_events',
  'dropped_links',
]

/** A whole number from 0 to `most`. */
function count(value: number, most: number): number {
  return value > 0 ? Math.min(Math.trunc(value), most) : 0
}
