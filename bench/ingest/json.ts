import type { Encoder } from './encoder.ts'
import { writeHex } from './hex.ts'
import { fixed, join, type Piece, textPiece, varying } from './piece.ts'
import { type Shape, type SpanShape, VARYING, type Value } from './shape.ts'

const ZERO = 48

/** OTLP/JSON, with the members and in the order that OpenTelemetry's exporter for JavaScript gives them. */
export const JSON_TEXT: Encoder = {
  contentType: 'application/json',
  span: encodeSpan,
  request: encodeRequest,
  writeId: writeHex,
  idWidth: 8,
  writeTime(bytes, at, seconds, nanoseconds) {
    writeDigits(bytes, at, seconds, 10)
    writeDigits(bytes, at + 10, nanoseconds, 9)
  },
  writeNumber(bytes, at, number) {
    writeDigits(bytes, at, number, 4)
  },
}

function writeDigits(bytes: Buffer, at: number, number: number, digits: number): void {
  let rest = number
  for (let place = at + digits - 1; place >= at; place--) {
    const tenth = Math.floor(rest / 10)
    bytes[place] = ZERO + rest - tenth * 10
    rest = tenth
  }
}

function encodeSpan(shape: SpanShape, span: number): Piece {
  const parent =
    shape.parent < 0 ? [] : [fixed('"parentSpanId":"'), varying('parentId', span, 16), fixed('",')]
  return join([
    fixed('{"traceId":"'),
    varying('traceId', span, 32),
    fixed('","spanId":"'),
    varying('spanId', span, 16),
    fixed('",'),
    ...parent,
    fixed(`"name":${JSON.stringify(shape.name)},"kind":${shape.kind},"startTimeUnixNano":"`),
    varying('start', span, 19),
    fixed('","endTimeUnixNano":"'),
    varying('end', span, 19),
    fixed('","attributes":'),
    list(shape.attributes.map(([key, value]) => attribute(key, value, span))),
    fixed(',"droppedAttributesCount":0,"events":[],"droppedEventsCount":0,"status":{"code":0},"links":[],'),
    fixed('"droppedLinksCount":0,"flags":257}'),
  ])
}

function encodeRequest({ resource, scope }: Shape, spans: readonly Piece[]): Piece {
  return join([
    fixed('{"resourceSpans":[{"resource":{"attributes":'),
    list(resource.map(([key, value]) => attribute(key, value, 0))),
    fixed(`,"droppedAttributesCount":0},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":`),
    list(spans),
    fixed('}]}]}'),
  ])
}

function attribute(key: string, value: Value, span: number): Piece {
  return join([fixed(`{"key":${JSON.stringify(key)},"value":{`), anyValue(value, span), fixed('}}')])
}

function anyValue(value: Value, span: number): Piece {
  if (value === VARYING) return join([fixed('"intValue":'), varying('number', span, 4)])
  if (typeof value === 'number') return fixed(`"intValue":${value}`)
  const text = textPiece(value, span, (part) => JSON.stringify(part).slice(1, -1))
  return join([fixed('"stringValue":"'), text, fixed('"')])
}

function list(pieces: readonly Piece[]): Piece {
  const commas = pieces.flatMap((piece, index) => (index === 0 ? [piece] : [fixed(','), piece]))
  return join([fixed('['), ...commas, fixed(']')])
}
