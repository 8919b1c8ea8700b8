import { ARRAY, AttributeList, BINARY, BOOL, DOUBLE, EMPTY, INT, KVLIST, STRING } from './attributes.ts'
import { checkValueDepth, countMessages } from './limits.ts'
import { BYTES, int64At, int64Text, WireReader } from './wire-reader.ts'

/**
 * The text of attribute `at`: strings as they are, numbers and booleans as JavaScript writes them, bytes as base64,
 * arrays and lists as OTLP JSON (opentelemetry-proto, docs/specification: 64-bit integers are strings there).
 */
export function attributeText(bytes: Buffer, attributes: AttributeList, at: number): string {
  const type = attributes.type[at]!
  if (type === ARRAY || type === KVLIST) return JSON.stringify(memberOf(bytes, attributes, at, otlpValue, 0))
  return String(scalar(bytes, attributes, at))
}

/** Attribute `at` as the value a program would have meant: OTLP's wrappers taken off. */
export function plainValue(bytes: Buffer, attributes: AttributeList, at: number, depth = 0): unknown {
  const type = attributes.type[at]!
  if (type === ARRAY || type === KVLIST) return memberOf(bytes, attributes, at, plainValue, depth)
  if (type === DOUBLE) return bytes.readDoubleLE(attributes.valueStart[at]!)
  if (type === BOOL) return scalar(bytes, attributes, at) === 'true'
  if (type === EMPTY) return null
  const text = scalar(bytes, attributes, at)
  const number = Number(text)
  return type === INT && Number.isSafeInteger(number) ? number : text
}

type ToValue = (bytes: Buffer, attributes: AttributeList, at: number, depth: number) => unknown

function scalar(bytes: Buffer, attributes: AttributeList, at: number): string {
  const start = attributes.valueStart[at]!
  const end = attributes.valueEnd[at]!
  switch (attributes.type[at]) {
    case STRING:
      return bytes.toString('utf8', start, end)
    case BINARY:
      return bytes.toString('base64', start, end)
    case DOUBLE:
      return doubleText(bytes.readDoubleLE(start))
    case EMPTY:
      return ''
  }
  // Seven bytes of a varint are 49 bits, and positive.
  if (attributes.type[at] === INT && end - start < 8) return String(int64At(bytes, start))
  const reader = new WireReader(bytes)
  reader.pos = start
  reader.varint()
  if (attributes.type[at] === BOOL) return reader.low !== 0 || reader.high !== 0 ? 'true' : 'false'
  return int64Text(reader.low, reader.high)
}

function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Attribute `at`, or an array's item, as an AnyValue in OTLP JSON. */
export function otlpValue(bytes: Buffer, attributes: AttributeList, at: number, depth = 0): unknown {
  switch (attributes.type[at]) {
    case STRING:
      return { stringValue: scalar(bytes, attributes, at) }
    case BINARY:
      return { bytesValue: scalar(bytes, attributes, at) }
    case INT:
      return { intValue: scalar(bytes, attributes, at) }
    case BOOL:
      return { boolValue: scalar(bytes, attributes, at) === 'true' }
    case DOUBLE:
      return { doubleValue: otlpDouble(bytes.readDoubleLE(attributes.valueStart[at]!)) }
    case ARRAY:
    case KVLIST:
      return memberOf(bytes, attributes, at, otlpValue, depth)
    default:
      return {}
  }
}

/** JSON has no NaN, no infinities and no negative zero: protobuf's JSON mapping writes the first two as strings. */
function otlpDouble(value: number): number | string {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : doubleText(value)
}

function memberOf(bytes: Buffer, attributes: AttributeList, at: number, to: ToValue, depth: number): unknown {
  checkValueDepth(depth)
  const isArray = attributes.type[at] === ARRAY
  const items = itemsOf(bytes, attributes, at, isArray)
  const values = Array.from({ length: items.count }, (_, item) => to(bytes, items, item, depth + 1))
  if (isArray) return to === otlpValue ? { arrayValue: { values } } : values
  const keys = values.map((_, item) => bytes.toString('utf8', items.keyStart[item]!, items.keyEnd[item]!))
  if (to === otlpValue) {
    return { kvlistValue: { values: values.map((value, item) => ({ key: keys[item], value })) } }
  }
  return Object.fromEntries(values.map((value, item) => [keys[item], value]))
}

/** The items of an ArrayValue or KeyValueList message; those of an array have no key. */
function itemsOf(bytes: Buffer, attributes: AttributeList, at: number, isArray: boolean): AttributeList {
  const reader = new WireReader(bytes)
  const items = new AttributeList()
  reader.pos = attributes.valueStart[at]!
  reader.end = attributes.valueEnd[at]!
  while (reader.next()) {
    if (reader.field !== 1 || reader.wire !== BYTES) reader.skip()
    else if (isArray) items.readBare(reader)
    else items.read(reader)
  }
  countMessages(items.count)
  return items
}
