import { DecodeError } from './decode-error.ts'
import { BYTES, FIXED64, VARINT, type WireReader } from './wire.ts'

/** Types of attribute values as the `*_types` columns have them. */
export const STRING: number = 's'.charCodeAt(0)
export const INT: number = 'i'.charCodeAt(0)
export const DOUBLE: number = 'd'.charCodeAt(0)
export const BOOL: number = 'b'.charCodeAt(0)
export const BINARY: number = 'y'.charCodeAt(0)
export const ARRAY: number = 'a'.charCodeAt(0)
export const KVLIST: number = 'k'.charCodeAt(0)
export const EMPTY: number = 'e'.charCodeAt(0)

/** AnyValue, common.proto: the member's field number gives the type. */
const TYPE_OF_MEMBER = [0, STRING, BOOL, INT, DOUBLE, ARRAY, KVLIST, BINARY]
const WIRE_OF_MEMBER = [0, BYTES, VARINT, VARINT, FIXED64, BYTES, BYTES, BYTES]

/** More than this on one span, event, link, scope or resource is no telemetry, but an attempt on memory. */
export const MAX_ITEMS = 100_000

/**
 * The attributes of one span, event, link, scope or resource as positions in the request's bytes, in wire order.
 * Reused for the next owner: no object is made per attribute.
 */
export class AttributeList {
  count = 0
  readonly keyStart: number[] = []
  readonly keyEnd: number[] = []
  readonly type: number[] = []
  /** Where the value begins: the text, the varint, the 8 bytes of a double, or the nested message. */
  readonly valueStart: number[] = []
  readonly valueEnd: number[] = []

  clear(): void {
    this.count = 0
  }

  /** Adds the KeyValue message that the reader's position stands before the length of. */
  read(reader: WireReader): void {
    const end = reader.delimited()
    const outer = reader.end
    const at = this.#add()
    reader.end = end
    this.keyStart[at] = this.keyEnd[at] = end
    this.#empty(at, end)
    while (reader.next()) {
      if (reader.field === 1 && reader.wire === BYTES) {
        const keyEnd = reader.delimited()
        this.keyStart[at] = reader.pos
        this.keyEnd[at] = keyEnd
        reader.pos = keyEnd
      } else if (reader.field === 2 && reader.wire === BYTES) this.#readValue(reader, at)
      else reader.skip()
    }
    reader.end = outer
  }

  /** Adds an AnyValue message without a key: an array's item. */
  readBare(reader: WireReader): void {
    const at = this.#add()
    this.keyStart[at] = this.keyEnd[at] = reader.pos
    this.#readValue(reader, at)
  }

  #add(): number {
    if (this.count >= MAX_ITEMS)
      throw new DecodeError(`more than ${MAX_ITEMS} attributes or items in one place`)
    return this.count++
  }

  #empty(at: number, end: number): void {
    this.type[at] = EMPTY
    this.valueStart[at] = this.valueEnd[at] = end
  }

  #readValue(reader: WireReader, at: number): void {
    const end = reader.delimited()
    const outer = reader.end
    reader.end = end
    this.#empty(at, end)
    while (reader.next()) {
      const member = reader.field
      if (WIRE_OF_MEMBER[member] !== reader.wire || member === 0) {
        reader.skip()
        continue
      }
      const start = reader.wire === BYTES ? reader.delimited() : reader.pos
      if (reader.wire === BYTES) {
        this.valueStart[at] = reader.pos
        this.valueEnd[at] = reader.pos = start
      } else {
        reader.skip()
        this.valueStart[at] = start
        this.valueEnd[at] = reader.pos
      }
      this.type[at] = TYPE_OF_MEMBER[member]!
    }
    reader.end = outer
  }
}
