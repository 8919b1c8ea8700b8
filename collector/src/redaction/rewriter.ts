import {
  BYTES,
  beginRequest,
  type Cut,
  checkValueDepth,
  countMessages,
  FIXED64,
  int64Text,
  VARINT,
  varint,
  WireReader,
} from '@weir/dialects'
import { Edits } from './edits.ts'
import { ARRAY, type Field, LIST, type MessageShape, REQUEST } from './message-shapes.ts'
import { characterStart, truncate } from './truncate.ts'
import { type RedactionRules, ValueRedactor, type ValueRule } from './value-redactor.ts'

/** Bytes beyond the limit that are searched too: what is cut off must not begin with half of a secret. */
const MARGIN = 65_536
const NO_REQUEST = new WireReader(Buffer.alloc(0))
const INT_VALUE = 3
const DOUBLE_VALUE = 4
const KEY = 1
const VALUE = 2

export interface RewriterOptions {
  readonly rules: RedactionRules | undefined
  /** Limit of one text or key. */
  readonly maxFieldBytes: number
  /** Told of each value that a rule replaced. */
  readonly observeRedaction: (rule: string) => void
  /** Told of each value that was cut. */
  readonly observeTruncation: () => void
}

/**
 * Takes out of a request, before it is kept anywhere, what the rules forbid, and cuts what is too large. Everything else stays
 * as it is, byte for byte.
 */
export class Rewriter {
  readonly #redactor: ValueRedactor | undefined
  readonly #rules: RedactionRules | undefined
  readonly #maxFieldBytes: number
  readonly #observeTruncation: () => void
  readonly #edits = new Edits()
  #cuts: Cut[] = []
  /** Of the request that is being rewritten. */
  #reader = NO_REQUEST
  #values: readonly ValueRule[] = []

  constructor({ rules, maxFieldBytes, observeRedaction, observeTruncation }: RewriterOptions) {
    this.#rules = rules
    this.#maxFieldBytes = maxFieldBytes
    this.#redactor = rules && new ValueRedactor(rules, observeRedaction)
    this.#observeTruncation = observeTruncation
  }

  /** The texts that were cut of the request that was rewritten last. */
  get cuts(): readonly Cut[] {
    return this.#cuts
  }

  /**
   * @param request an ExportTraceServiceRequest; comes back as it is where nothing has to change
   * @throws DecodeError where the bytes are not protobuf
   * @throws OversizeError where they are too many messages
   */
  rewrite(request: Buffer): Buffer {
    this.#cuts = []
    if (!this.#mayForbid(request) && request.length <= this.#maxFieldBytes) return request
    this.#reader = new WireReader(request)
    beginRequest()
    try {
      this.#message(REQUEST, request.length, 0)
      return this.#edits.apply(request, this.#cuts)
    } finally {
      this.#reader = NO_REQUEST
      this.#edits.clear()
    }
  }

  /** Looks at the request as a whole, which costs a fraction of looking at each of its values. */
  #mayForbid(request: Buffer): boolean {
    if (this.#rules === undefined || this.#redactor === undefined) return false
    const text = request.toString('latin1')
    this.#values = this.#redactor.rulesFor(text)
    return this.#values.length > 0 || this.#rules.keys.mayForbid(text)
  }

  #message(shape: MessageShape, end: number, depth: number): void {
    const reader = this.#reader
    const outer = reader.end
    reader.end = end
    while (reader.next()) {
      const field = reader.wire === BYTES ? shape[reader.field] : undefined
      if (field === undefined) reader.skip()
      else {
        if (field !== 'text' && field !== 'label') countMessages(1)
        this.#field(field, depth)
      }
    }
    reader.end = outer
  }

  #field(field: Field, depth: number): void {
    const reader = this.#reader
    const lengthStart = reader.pos
    const end = reader.delimited()
    const start = reader.pos
    this.#edits.open()
    if (field === 'text' || field === 'label') this.#text(start, end, field === 'text')
    else if (field === 'attribute') this.#attribute(end, depth)
    else if (field === 'value') this.#value(end, depth)
    else this.#message(field, end, depth)
    this.#edits.close(lengthStart, start, end)
    reader.pos = end
  }

  /** A KeyValue, whose key may come after its value. Depth 0: an attribute of a span, event, link, scope or resource. */
  #attribute(end: number, depth: number): void {
    const reader = this.#reader
    const start = reader.pos
    const keys = this.#rules?.keys
    const key = keys && this.#keyOf(end)
    const rule = key === undefined ? undefined : depth === 0 ? keys?.ofAttribute(key) : keys?.ofMember(key)
    reader.pos = start
    const outer = reader.end
    reader.end = end
    while (reader.next()) {
      if (reader.wire !== BYTES) reader.skip()
      // Inside a value, keys may be data too, as in JSON text.
      else if (reader.field === KEY) this.#field(depth === 0 ? 'label' : 'text', depth)
      else if (reader.field !== VALUE) reader.skip()
      else if (rule === undefined) this.#field('value', depth)
      else this.#forbidden((value) => this.#redactor!.markerOf(rule, value))
    }
    reader.end = outer
  }

  #keyOf(end: number): string {
    const reader = this.#reader
    const outer = reader.end
    let key = ''
    reader.end = end
    while (reader.next()) {
      if (reader.field === KEY && reader.wire === BYTES) {
        const keyEnd = reader.delimited()
        key = reader.bytes.toString('latin1', reader.pos, keyEnd)
        reader.pos = keyEnd
      } else reader.skip()
    }
    reader.end = outer
    return key
  }

  /** An AnyValue of whatever type becomes the marker, a string. */
  #forbidden(toMarker: (value: Buffer) => string): void {
    const reader = this.#reader
    const lengthStart = reader.pos
    const end = reader.delimited()
    const start = reader.pos
    const marker = toMarker(contentOf(reader.bytes.subarray(start, end)))
    this.#edits.open()
    this.#edits.replace(start, end, stringValue(marker))
    this.#edits.close(lengthStart, start, end)
    reader.pos = end
  }

  #value(end: number, depth: number): void {
    const reader = this.#reader
    const outer = reader.end
    reader.end = end
    for (let start = reader.pos; reader.next(); start = reader.pos) {
      const { field, wire } = reader
      if (wire === BYTES && (field === 1 || field === 7)) this.#field('text', depth)
      else if (wire === BYTES && (field === 5 || field === 6)) this.#nested(field === 5 ? ARRAY : LIST, depth)
      else if (wire === VARINT && field === INT_VALUE && this.#redactor !== undefined) this.#int(start)
      else if (wire === FIXED64 && field === DOUBLE_VALUE && this.#redactor !== undefined) this.#double(start)
      else reader.skip()
    }
    reader.end = outer
  }

  #nested(shape: MessageShape, depth: number): void {
    checkValueDepth(depth)
    this.#field(shape, depth + 1)
  }

  /** A whole number that holds what a pattern finds, such as a card's, becomes a string. */
  #int(start: number): void {
    const reader = this.#reader
    reader.varint()
    this.#number(start, int64Text(reader.low, reader.high))
  }

  /** Some clients write whole numbers as doubles. */
  #double(start: number): void {
    const reader = this.#reader
    const value = reader.bytes.readDoubleLE(reader.pos)
    reader.skip()
    if (Number.isInteger(value)) this.#number(start, String(value))
  }

  #number(start: number, text: string): void {
    const kept = this.#redactor!.redact(text, this.#values)
    if (kept !== text) this.#edits.replace(start, this.#reader.pos, stringValue(kept))
  }

  #text(start: number, end: number, isSearched: boolean): void {
    const { bytes } = this.#reader
    const limit = this.#maxFieldBytes
    const redactor = isSearched ? this.#redactor : undefined
    if (end - start <= limit && redactor === undefined) return
    const last = end - start <= limit + MARGIN ? end : characterStart(bytes, start + limit + MARGIN)
    const text = bytes.toString('latin1', start, last)
    const kept = redactor === undefined ? text : redactor.redact(text, this.#values)
    const isWhole = last === end
    if (isWhole && kept.length <= limit) {
      if (kept !== text) this.#edits.replace(start, end, Buffer.from(kept, 'latin1'))
      return
    }
    this.#observeTruncation()
    const room = isWhole ? limit : Math.min(limit, kept.length - MARGIN)
    const cut = truncate(Buffer.from(kept, 'latin1'), room, end - start)
    this.#edits.replace(start, end, cut, bytes.toString('utf8', start, end).length - cut.toString().length)
  }
}

/** The text or bytes of an AnyValue; all of the message where it is something else. */
function contentOf(message: Buffer): Buffer {
  const reader = new WireReader(message)
  if (!reader.next() || reader.wire !== BYTES || (reader.field !== 1 && reader.field !== 7)) return message
  const end = reader.delimited()
  return end === message.length ? message.subarray(reader.pos, end) : message
}

/** AnyValue.string_value */
function stringValue(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([Buffer.from([0x0a]), varint(bytes.length), bytes])
}
