import { AttributeList } from './attributes.ts'
import { countMessages, DecodeError, MAX_ITEMS } from './limits.ts'
import { BYTES, FIXED32, FIXED64, VARINT, type WireReader } from './wire-reader.ts'

/** Positions of length-delimited values: start and end by turns. */
type Ranges = number[]

/** Most of a span is its attributes, field 9. */
const ATTRIBUTE_TAG = 0x4a

/** One span as positions in the request's bytes (trace.proto, Span); reused for the next one. -1: not sent. */
export class SpanView {
  readonly attributes: AttributeList = new AttributeList()
  readonly events: Ranges = []
  readonly links: Ranges = []
  traceIdStart = 0
  traceIdEnd = 0
  spanIdStart = 0
  spanIdEnd = 0
  parentStart = 0
  parentEnd = 0
  nameStart = 0
  nameEnd = 0
  traceStateStart = 0
  traceStateEnd = 0
  start = -1
  end = -1
  flags = -1
  kind = 0
  statusCode = 0
  statusMessageStart = 0
  statusMessageEnd = 0
  droppedAttributes = 0
  droppedEvents = 0
  droppedLinks = 0

  /** How many it is, its attributes, events and links included. */
  get messages(): number {
    return 1 + this.attributes.count + (this.events.length + this.links.length) / 2
  }

  read(reader: WireReader, end: number): void {
    const outer = reader.end
    reader.end = end
    this.#clear()
    for (;;) {
      while (reader.isAt(ATTRIBUTE_TAG)) this.attributes.read(reader)
      if (!reader.next()) break
      if (reader.wire === BYTES) this.#readBytes(reader)
      else if (reader.wire === FIXED64 && reader.field === 7) this.start = reader.fixed(8)
      else if (reader.wire === FIXED64 && reader.field === 8) this.end = reader.fixed(8)
      else if (reader.wire === FIXED32 && reader.field === 16) this.flags = reader.fixed(4)
      else if (reader.wire === VARINT) this.#readVarint(reader)
      else reader.skip()
    }
    reader.end = outer
  }

  #clear(): void {
    this.attributes.clear()
    // Setting a length frees what the array holds: most spans have neither.
    if (this.events.length > 0) this.events.length = 0
    if (this.links.length > 0) this.links.length = 0
    this.traceIdStart = this.traceIdEnd = this.spanIdStart = this.spanIdEnd = 0
    this.parentStart = this.parentEnd = this.nameStart = this.nameEnd = 0
    this.traceStateStart = this.traceStateEnd = this.statusMessageStart = this.statusMessageEnd = 0
    this.start = this.end = this.flags = -1
    this.kind = this.statusCode = 0
    this.droppedAttributes = this.droppedEvents = this.droppedLinks = 0
  }

  #readBytes(reader: WireReader): void {
    if (reader.field === 9) {
      this.attributes.read(reader)
      return
    }
    const end = reader.delimited()
    const start = reader.pos
    switch (reader.field) {
      case 1:
        this.traceIdStart = start
        this.traceIdEnd = end
        break
      case 2:
        this.spanIdStart = start
        this.spanIdEnd = end
        break
      case 3:
        this.traceStateStart = start
        this.traceStateEnd = end
        break
      case 4:
        this.parentStart = start
        this.parentEnd = end
        break
      case 5:
        this.nameStart = start
        this.nameEnd = end
        break
      case 11:
        addRange(this.events, start, end)
        break
      case 13:
        addRange(this.links, start, end)
        break
      case 15:
        this.#readStatus(reader, end)
        break
    }
    reader.pos = end
  }

  #readVarint(reader: WireReader): void {
    const { field } = reader
    const value = reader.uint32()
    if (field === 6) this.kind = value
    else if (field === 10) this.droppedAttributes = value
    else if (field === 12) this.droppedEvents = value
    else if (field === 14) this.droppedLinks = value
  }

  #readStatus(reader: WireReader, end: number): void {
    const outer = reader.end
    reader.end = end
    while (reader.next()) {
      if (reader.field === 2 && reader.wire === BYTES) {
        this.statusMessageEnd = reader.delimited()
        this.statusMessageStart = reader.pos
        reader.pos = this.statusMessageEnd
      } else if (reader.field === 3 && reader.wire === VARINT) this.statusCode = reader.uint32()
      else reader.skip()
    }
    reader.end = outer
  }
}

function addRange(ranges: Ranges, start: number, end: number): void {
  if (ranges.length >= MAX_ITEMS * 2)
    throw new DecodeError(`more than ${MAX_ITEMS} events or links on one span`)
  ranges.push(start, end)
}

/** One event of a span (trace.proto, Span.Event). */
export class EventView {
  readonly attributes: AttributeList = new AttributeList()
  time = -1
  nameStart = 0
  nameEnd = 0
  droppedAttributes = 0

  read(reader: WireReader, start: number, end: number): void {
    this.attributes.clear()
    this.time = -1
    this.nameStart = this.nameEnd = this.droppedAttributes = 0
    reader.pos = start
    reader.end = end
    while (reader.next()) {
      if (reader.field === 1 && reader.wire === FIXED64) this.time = reader.fixed(8)
      else if (reader.field === 2 && reader.wire === BYTES) {
        this.nameEnd = reader.delimited()
        this.nameStart = reader.pos
        reader.pos = this.nameEnd
      } else if (reader.field === 3 && reader.wire === BYTES) this.attributes.read(reader)
      else if (reader.field === 4 && reader.wire === VARINT) this.droppedAttributes = reader.uint32()
      else reader.skip()
    }
    countMessages(this.attributes.count)
  }
}

/** One link of a span (trace.proto, Span.Link). */
export class LinkView {
  readonly attributes: AttributeList = new AttributeList()
  traceIdStart = 0
  traceIdEnd = 0
  spanIdStart = 0
  spanIdEnd = 0
  traceStateStart = 0
  traceStateEnd = 0
  flags = -1
  droppedAttributes = 0

  read(reader: WireReader, start: number, end: number): void {
    this.attributes.clear()
    this.traceIdStart = this.traceIdEnd = this.spanIdStart = this.spanIdEnd = 0
    this.traceStateStart = this.traceStateEnd = this.droppedAttributes = 0
    this.flags = -1
    reader.pos = start
    reader.end = end
    while (reader.next()) {
      if (reader.wire === BYTES && reader.field === 4) this.attributes.read(reader)
      else if (reader.wire === BYTES) this.#readBytes(reader)
      else if (reader.field === 5 && reader.wire === VARINT) this.droppedAttributes = reader.uint32()
      else if (reader.field === 6 && reader.wire === FIXED32) this.flags = reader.fixed(4)
      else reader.skip()
    }
    countMessages(this.attributes.count)
  }

  #readBytes(reader: WireReader): void {
    const end = reader.delimited()
    if (reader.field === 1) {
      this.traceIdStart = reader.pos
      this.traceIdEnd = end
    } else if (reader.field === 2) {
      this.spanIdStart = reader.pos
      this.spanIdEnd = end
    } else if (reader.field === 3) {
      this.traceStateStart = reader.pos
      this.traceStateEnd = end
    }
    reader.pos = end
  }
}
