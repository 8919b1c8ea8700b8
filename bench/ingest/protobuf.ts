import { varint } from '@weir/dialects'
import type { Encoder } from './encoder.ts'
import { fixed, join, type Piece, textPiece, varying } from './piece.ts'
import { type Shape, type SpanShape, VARYING, type Value } from './shape.ts'

/** OTLP/protobuf (opentelemetry-proto 1.9, trace/v1/trace.proto). */
export const PROTOBUF: Encoder = {
  contentType: 'application/x-protobuf',
  span: encodeSpan,
  request: encodeRequest,
  writeId(bytes, at, word) {
    bytes[at] = word >>> 24
    bytes[at + 1] = word >>> 16
    bytes[at + 2] = word >>> 8
    bytes[at + 3] = word
  },
  idWidth: 4,
  writeTime(bytes, at, seconds, nanoseconds) {
    // seconds * 10^9 exceeds 2^53, seconds * 5^9 does not.
    const scaled = seconds * 1_953_125
    const low = (scaled % 0x80_0000) * 512 + nanoseconds
    const high = Math.floor(scaled / 0x80_0000) + (low >= 0x1_0000_0000 ? 1 : 0)
    for (let byte = 0, rest = low >>> 0; byte < 4; byte++, rest >>>= 8) bytes[at + byte] = rest
    for (let byte = 4, rest = high; byte < 8; byte++, rest >>>= 8) bytes[at + byte] = rest
  },
  writeNumber(bytes, at, number) {
    bytes[at] = (number & 0x7f) | 0x80
    bytes[at + 1] = number >>> 7
  },
}

function encodeSpan(shape: SpanShape, span: number): Piece {
  return join([
    field(1, varying('traceId', span, 16)),
    field(2, varying('spanId', span, 8)),
    ...(shape.parent < 0 ? [] : [field(4, varying('parentId', span, 8))]),
    field(5, fixed(shape.name)),
    fixed(Buffer.from([tag(6, 0), shape.kind])),
    fixed(Buffer.from([tag(7, 1)])),
    varying('start', span, 8),
    fixed(Buffer.from([tag(8, 1)])),
    varying('end', span, 8),
    ...shape.attributes.map(([key, value]) => field(9, attribute(key, value, span))),
    fixed(Buffer.concat([varint(tag(16, 5)), Buffer.from([1, 1, 0, 0])])),
  ])
}

function encodeRequest({ resource, scope }: Shape, spans: readonly Piece[]): Piece {
  const attributes = resource.map(([key, value]) => field(1, attribute(key, value, 0)))
  const { name, version } = scope
  const scopeSpans = join([
    field(1, join([field(1, fixed(name)), field(2, fixed(version))])),
    ...spans.map((span) => field(2, span)),
  ])
  return field(1, join([field(1, join(attributes)), field(2, scopeSpans)]))
}

function attribute(key: string, value: Value, span: number): Piece {
  return join([field(1, fixed(key)), field(2, anyValue(value, span))])
}

function anyValue(value: Value, span: number): Piece {
  if (value === VARYING) return join([fixed(Buffer.from([tag(3, 0)])), varying('number', span, 2)])
  if (typeof value === 'number') return fixed(Buffer.concat([Buffer.from([tag(3, 0)]), varint(value)]))
  return field(
    1,
    textPiece(value, span, (part) => part),
  )
}

/** A field of wire type 2. */
function field(number: number, content: Piece): Piece {
  return join([fixed(Buffer.concat([varint(tag(number, 2)), varint(content.bytes.length)])), content])
}

function tag(number: number, wireType: number): number {
  return (number << 3) | wireType
}
