/**
 * OTLP/protobuf to OTLP/JSON by a table of the schema (opentelemetry-proto 1.9), independent of the collector's decoder:
 * what was sent, to be compared with what is exported.
 */
export function jsonOfProtobuf(request: Buffer): Json {
  return read(request, REQUEST)
}

export type Json = { [member: string]: unknown }

type Kind = 'text' | 'hex' | 'base64' | 'bool' | 'int' | 'int64' | 'double' | 'fixed32' | 'fixed64' | Schema
type Field = readonly [name: string, kind: Kind, isList?: 'list']
type Schema = { readonly [field: number]: Field }

const ANY: { [field: number]: Field } = {
  1: ['stringValue', 'text'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int64'],
  4: ['doubleValue', 'double'],
  7: ['bytesValue', 'base64'],
}
const KEY_VALUE: Schema = { 1: ['key', 'text'], 2: ['value', ANY] }
ANY[5] = ['arrayValue', { 1: ['values', ANY, 'list'] }]
ANY[6] = ['kvlistValue', { 1: ['values', KEY_VALUE, 'list'] }]
const SPAN: Schema = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'text'],
  4: ['parentSpanId', 'hex'],
  5: ['name', 'text'],
  6: ['kind', 'int'],
  7: ['startTimeUnixNano', 'fixed64'],
  8: ['endTimeUnixNano', 'fixed64'],
  9: ['attributes', KEY_VALUE, 'list'],
  10: ['droppedAttributesCount', 'int'],
  11: [
    'events',
    {
      1: ['timeUnixNano', 'fixed64'],
      2: ['name', 'text'],
      3: ['attributes', KEY_VALUE, 'list'],
      4: ['droppedAttributesCount', 'int'],
    },
    'list',
  ],
  12: ['droppedEventsCount', 'int'],
  13: [
    'links',
    {
      1: ['traceId', 'hex'],
      2: ['spanId', 'hex'],
      3: ['traceState', 'text'],
      4: ['attributes', KEY_VALUE, 'list'],
      5: ['droppedAttributesCount', 'int'],
      6: ['flags', 'fixed32'],
    },
    'list',
  ],
  14: ['droppedLinksCount', 'int'],
  15: ['status', { 2: ['message', 'text'], 3: ['code', 'int'] }],
  16: ['flags', 'fixed32'],
}
const SCOPE: Schema = {
  1: ['name', 'text'],
  2: ['version', 'text'],
  3: ['attributes', KEY_VALUE, 'list'],
  4: ['droppedAttributesCount', 'int'],
}
const REQUEST: Schema = {
  1: [
    'resourceSpans',
    {
      1: ['resource', { 1: ['attributes', KEY_VALUE, 'list'], 2: ['droppedAttributesCount', 'int'] }],
      2: [
        'scopeSpans',
        { 1: ['scope', SCOPE], 2: ['spans', SPAN, 'list'], 3: ['schemaUrl', 'text'] },
        'list',
      ],
      3: ['schemaUrl', 'text'],
    },
    'list',
  ],
}

const WIRE: Readonly<Record<string, number>> = {
  bool: 0,
  int: 0,
  int64: 0,
  double: 1,
  fixed64: 1,
  fixed32: 5,
}

function read(bytes: Buffer, schema: Schema, json: Json = {}): Json {
  const isOneof = schema === ANY
  for (let at = 0; at < bytes.length; ) {
    const [tag, start] = varint(bytes, at)
    const wire = Number(tag & 7n)
    const [value, end] = valueAt(bytes, start, wire)
    at = end
    const field = schema[Number(tag >> 3n)]
    if (field === undefined) continue
    const [name, kind, isList] = field
    if (wire !== (typeof kind === 'object' ? 2 : (WIRE[kind] ?? 2))) continue
    // Of a oneof the last member counts.
    if (isOneof) for (const member of Object.keys(json)) delete json[member]
    if (isList) json[name] = [...((json[name] ?? []) as unknown[]), convert(value, kind)]
    else if (typeof kind === 'object')
      json[name] = read(value as Buffer, kind, json[name] as Json | undefined)
    else json[name] = convert(value, kind)
  }
  return json
}

function convert(value: Buffer | bigint, kind: Kind): unknown {
  if (typeof kind === 'object') return read(value as Buffer, kind)
  if (kind === 'text') return (value as Buffer).toString()
  if (kind === 'hex' || kind === 'base64') return (value as Buffer).toString(kind)
  if (kind === 'double') return double((value as Buffer).readDoubleLE())
  if (kind === 'fixed64') return String((value as Buffer).readBigUInt64LE())
  if (kind === 'fixed32') return (value as Buffer).readUInt32LE()
  if (kind === 'bool') return value !== 0n
  return kind === 'int'
    ? Number(BigInt.asUintN(32, value as bigint))
    : String(BigInt.asIntN(64, value as bigint))
}

function double(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}

function valueAt(bytes: Buffer, at: number, wire: number): [value: Buffer | bigint, end: number] {
  if (wire === 0) return varint(bytes, at)
  if (wire === 2) {
    const [length, start] = varint(bytes, at)
    return [bytes.subarray(start, start + Number(length)), start + Number(length)]
  }
  if (wire === 3) return [bytes, groupEnd(bytes, at)]
  const size = wire === 1 ? 8 : 4
  if (wire !== 1 && wire !== 5) throw new TypeError(`wire type ${wire} is not read here`)
  return [bytes.subarray(at, at + size), at + size]
}

function groupEnd(bytes: Buffer, at: number): number {
  for (;;) {
    const [tag, start] = varint(bytes, at)
    if ((tag & 7n) === 4n) return start
    at = valueAt(bytes, start, Number(tag & 7n))[1]
  }
}

function varint(bytes: Buffer, at: number): [value: bigint, end: number] {
  let value = 0n
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes.readUInt8(at++)
    value |= BigInt(byte & 127) << shift
    if (byte < 128) return [value, at]
  }
}
