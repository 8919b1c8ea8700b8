import { SpanBlock } from '../columns/span-block.ts'
import { protobufOfJson } from '../otlp/json/request.ts'
import { readCapture } from './captures.ts'
import { readNative } from './native-reader.ts'

/** A row of `spans` as the collector writes it. */
export interface SpanRow {
  readonly [column: string]: unknown
  readonly attributes: readonly (readonly [string, string])[]
}

/** The rows that a capture becomes, in wire order. */
export function normaliseCapture(name: string): SpanRow[] {
  const block = new SpanBlock()
  for (const { body, contentType } of readCapture(name).requests) {
    block.append(contentType.includes('json') ? protobufOfJson(body) : body, 'default')
  }
  return readNative(block.take()) as SpanRow[]
}

/** The row that a span in OTLP JSON becomes; ids and times are filled in. */
export function normaliseSpan(span: object, resource: Attributes = {}): SpanRow {
  return normaliseRequest(requestOf([span], resource))
}

export function normaliseRequest(request: object): SpanRow {
  return normaliseText(JSON.stringify(request))
}

/** The first row that a request in OTLP JSON becomes. */
export function normaliseText(request: string): SpanRow {
  const block = new SpanBlock()
  block.append(protobufOfJson(Buffer.from(request)), 'default')
  return readNative(block.take())[0] as SpanRow
}

export type Attributes = Readonly<Record<string, string | number | boolean>>

/** An OTLP JSON request with these spans. */
export function requestOf(spans: readonly object[], resource: Attributes = {}): object {
  const full = spans.map((span, at) => ({ ...PLAIN_SPAN, spanId: String(at + 1).padStart(16, '0'), ...span }))
  return {
    resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans: [{ spans: full }] }],
  }
}

/** Attributes in OTLP JSON. */
export function attributesOf(values: Attributes): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValueOf(value) }))
}

function anyValueOf(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

const PLAIN_SPAN = {
  traceId: '000102030405060708090a0b0c0d0e0f',
  name: 'span',
  kind: 1,
  startTimeUnixNano: '1700000000000000000',
  endTimeUnixNano: '1700000000005000000',
}
