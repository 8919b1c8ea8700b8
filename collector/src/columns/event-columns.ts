import { EventView, LinkView } from '../decode/span.ts'
import { WireReader } from '../decode/wire.ts'
import type { Block } from '../native/block.ts'
import type { ArrayParts, MapArrayParts } from '../native/column.ts'
import { writeAttributes } from './attribute-writer.ts'
import { writeId } from './ids.ts'
import { writeTime } from './time.ts'

/** Writes the parallel arrays of a span's events. */
export class EventColumns {
  readonly #times: ArrayParts
  readonly #names: ArrayParts
  readonly #attributes: MapArrayParts
  readonly #types: ArrayParts
  readonly #dropped: ArrayParts
  readonly #event = new EventView()

  constructor(block: Block) {
    this.#times = block.array('event_times')
    this.#names = block.array('event_names')
    this.#attributes = block.mapArray('event_attributes')
    this.#types = block.array('event_attribute_types')
    this.#dropped = block.array('event_dropped_attributes')
  }

  /** @param ranges start and end of each event by turns */
  writeRow(bytes: Buffer, ranges: readonly number[]): void {
    for (let at = 0; at < ranges.length; at += 2) {
      const event = this.#event
      event.read(new WireReader(bytes), ranges[at]!, ranges[at + 1]!)
      writeTime(this.#times.items, bytes, event.time)
      this.#names.items.utf8(bytes, event.nameStart, event.nameEnd)
      const { keys, values, offsets } = this.#attributes
      offsets.push(writeAttributes(bytes, event.attributes, { keys, values, types: this.#types.items }))
      this.#dropped.items.uint32(event.droppedAttributes)
    }
    const count = ranges.length / 2
    this.#attributes.rows.push(count)
    for (const column of [this.#times, this.#names, this.#types, this.#dropped]) column.offsets.push(count)
  }
}

/** Writes the parallel arrays of a span's links. */
export class LinkColumns {
  readonly #traceIds: ArrayParts
  readonly #spanIds: ArrayParts
  readonly #traceStates: ArrayParts
  readonly #flags: ArrayParts
  readonly #attributes: MapArrayParts
  readonly #types: ArrayParts
  readonly #dropped: ArrayParts
  readonly #link = new LinkView()

  constructor(block: Block) {
    this.#traceIds = block.array('link_trace_ids')
    this.#spanIds = block.array('link_span_ids')
    this.#traceStates = block.array('link_trace_states')
    this.#flags = block.array('link_flags')
    this.#attributes = block.mapArray('link_attributes')
    this.#types = block.array('link_attribute_types')
    this.#dropped = block.array('link_dropped_attributes')
  }

  /** @param ranges start and end of each link by turns */
  writeRow(bytes: Buffer, ranges: readonly number[]): void {
    for (let at = 0; at < ranges.length; at += 2) this.#writeLink(bytes, ranges[at]!, ranges[at + 1]!)
    const count = ranges.length / 2
    this.#attributes.rows.push(count)
    for (const column of this.#arrays) column.offsets.push(count)
  }

  get #arrays(): readonly ArrayParts[] {
    return [this.#traceIds, this.#spanIds, this.#traceStates, this.#flags, this.#types, this.#dropped]
  }

  #writeLink(bytes: Buffer, start: number, end: number): void {
    const link = this.#link
    link.read(new WireReader(bytes), start, end)
    writeId(this.#traceIds.items, bytes, link.traceIdStart, link.traceIdEnd, 16)
    writeId(this.#spanIds.items, bytes, link.spanIdStart, link.spanIdEnd, 8)
    this.#traceStates.items.utf8(bytes, link.traceStateStart, link.traceStateEnd)
    if (link.flags < 0) this.#flags.items.zeros(4)
    else this.#flags.items.copy(bytes, link.flags, link.flags + 4)
    const { keys, values, offsets } = this.#attributes
    offsets.push(writeAttributes(bytes, link.attributes, { keys, values, types: this.#types.items }))
    this.#dropped.items.uint32(link.droppedAttributes)
  }
}
