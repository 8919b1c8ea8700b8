import type { Block } from '../native/block.ts'
import { DictionaryColumn } from '../native/dictionary-column.ts'
import { ByteColumn, BytesColumn, Word32Column, Word64Column } from '../native/number-columns.ts'
import { TextColumn } from '../native/text-column.ts'
import type { SpanView } from '../otlp/span.ts'
import { eventsJson, linksJson } from './otlp-json.ts'
import { word, writeTime } from './time.ts'

/** Writes what OTLP says of a span, as it came. */
export class WireColumns {
  readonly #traceId: BytesColumn
  readonly #spanId: BytesColumn
  readonly #parentSpanId: BytesColumn
  readonly #start: Word64Column
  readonly #end: Word64Column
  readonly #spanName: DictionaryColumn
  readonly #kind: ByteColumn
  readonly #traceState: TextColumn
  readonly #flags: Word32Column
  readonly #statusCode: ByteColumn
  readonly #statusMessage: TextColumn
  readonly #events: TextColumn
  readonly #droppedEvents: Word32Column
  readonly #links: TextColumn
  readonly #droppedLinks: Word32Column

  constructor(block: Block) {
    this.#traceId = block.column('trace_id', BytesColumn)
    this.#spanId = block.column('span_id', BytesColumn)
    this.#parentSpanId = block.column('parent_span_id', BytesColumn)
    this.#start = block.column('start', Word64Column)
    this.#end = block.column('end', Word64Column)
    this.#spanName = block.column('span_name', DictionaryColumn)
    this.#kind = block.column('otel_kind', ByteColumn)
    this.#traceState = block.column('trace_state', TextColumn)
    this.#flags = block.column('flags', Word32Column)
    this.#statusCode = block.column('status_code', ByteColumn)
    this.#statusMessage = block.column('status_message', TextColumn)
    this.#events = block.column('events', TextColumn)
    this.#droppedEvents = block.column('dropped_events', Word32Column)
    this.#links = block.column('links', TextColumn)
    this.#droppedLinks = block.column('dropped_links', Word32Column)
  }

  writeRow(row: number, bytes: Buffer, span: SpanView): void {
    this.#traceId.set(row, bytes, span.traceIdStart, span.traceIdEnd)
    this.#spanId.set(row, bytes, span.spanIdStart, span.spanIdEnd)
    this.#parentSpanId.set(row, bytes, span.parentStart, span.parentEnd)
    writeTime(this.#start, row, bytes, span.start)
    writeTime(this.#end, row, bytes, span.end)
    this.#spanName.utf8(row, bytes, span.nameStart, span.nameEnd)
    this.#kind.set(row, span.kind > 0xff ? 0 : span.kind)
    this.#traceState.utf8(row, bytes, span.traceStateStart, span.traceStateEnd)
    this.#flags.set(row, span.flags < 0 ? 0 : word(bytes, span.flags))
    this.#statusCode.set(row, span.statusCode > 0xff ? 0 : span.statusCode)
    this.#statusMessage.utf8(row, bytes, span.statusMessageStart, span.statusMessageEnd)
    if (span.events.length > 0) this.#events.text(row, eventsJson(bytes, span.events))
    this.#droppedEvents.set(row, span.droppedEvents)
    if (span.links.length > 0) this.#links.text(row, linksJson(bytes, span.links))
    this.#droppedLinks.set(row, span.droppedLinks)
  }
}
