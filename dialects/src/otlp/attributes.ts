import { DecodeError, MAX_ITEMS } from './limits.ts'
import { BYTES, FIXED64, VARINT, type WireReader } from './wire-reader.ts'

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

/** Tags of KeyValue's members, and of those of AnyValue that are neither nested nor rare. */
const KEY_TAG = 0x0a
const VALUE_TAG = 0x12
const STRING_TAG = 0x0a
const BOOL_TAG = 0x10
const INT_TAG = 0x18
const DOUBLE_TAG = 0x21

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
    const at = this.#add()
    if (this.#readUsual(reader.bytes, reader.pos, end, at)) reader.pos = end
    else this.#readAny(reader, end, at)
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

  /**
   * Reads what nearly every encoder writes: a key, then a value of one scalar member, each once, lengths in one or two
   * bytes. False for everything else, broken or not.
   */
  #readUsual(bytes: Buffer, start: number, end: number, at: number): boolean {
    const keyStart = start + 2
    const keyEnd = keyStart + bytes[start + 1]!
    // Four bytes: the value's tag, a length of two bytes at most, and a member's tag.
    if (bytes[start] !== KEY_TAG || bytes[start + 1]! >= 0x80 || keyEnd + 4 > end) return false
    if (bytes[keyEnd] !== VALUE_TAG) return false
    let pos = startOf(bytes, keyEnd + 1, end)
    if (pos < 0 || pos === end) return false
    const tag = bytes[pos++]!
    if (tag === STRING_TAG) {
      pos = startOf(bytes, pos, end)
      if (pos < 0) return false
      this.type[at] = STRING
    } else if (tag === INT_TAG || tag === BOOL_TAG) {
      if (!isVarint(bytes, pos, end)) return false
      this.type[at] = tag === INT_TAG ? INT : BOOL
    } else if (tag === DOUBLE_TAG && pos + 8 === end) this.type[at] = DOUBLE
    else return false
    this.keyStart[at] = keyStart
    this.keyEnd[at] = keyEnd
    this.valueStart[at] = pos
    this.valueEnd[at] = end
    return true
  }

  #readAny(reader: WireReader, end: number, at: number): void {
    const outer = reader.end
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

/** Start of the content whose length, in one or two bytes, stands at `at` and reaches exactly to `end`; else -1. */
function startOf(bytes: Buffer, at: number, end: number): number {
  const low = bytes[at]!
  if (low < 0x80) return at + 1 + low === end ? at + 1 : -1
  const high = bytes[at + 1]!
  return high < 0x80 && at + 2 + (low & 0x7f) + (high << 7) === end ? at + 2 : -1
}

/** True where exactly one varint stands between start and end. */
function isVarint(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > 10) return false
  for (let at = start; at < end; at++) if (bytes[at]! < 0x80) return at === end - 1
  return false
}

/** Attribute `at` has no value, or an empty text. */
export function isEmpty(attributes: AttributeList, at: number): boolean {
  const type = attributes.type[at]!
  return type === EMPTY || (type === STRING && attributes.valueStart[at] === attributes.valueEnd[at])
}
