import { DecodeError } from './decode-error.ts'
import { checkNesting, parseJson } from './json-parse.ts'
import {
  binaryOf,
  countOf,
  idOf,
  integerOf,
  type JsonObject,
  listOf,
  objectOf,
  textOf,
} from './json-values.ts'
import { WireWriter } from './wire-writer.ts'

const MAX_DEPTH = 100
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn
const MAX_INT64 = 0x7fff_ffff_ffff_ffffn
const decoder = new TextDecoder()

/**
 * OTLP/JSON to the OTLP/protobuf that means the same, so that one walk serves both encodings.
 * Lenient where senders differ (opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): 64-bit integers as numbers
 * or text, ids in either case, null for absent, unknown fields.
 * @throws DecodeError where it is not JSON, or not of the shape of a trace request
 */
export function protobufOfJson(body: Buffer): Buffer {
  checkNesting(body)
  const request = parseJson(decoder.decode(body))
  if (request === null) throw new DecodeError('the body is null, expected an object')
  const writer = new WireWriter()
  for (const item of listOf(objectOf(request, 'the body')!.resourceSpans, 'resourceSpans')) {
    const resourceSpans = objectOf(item, 'resourceSpans[]')
    if (resourceSpans !== undefined) writeResourceSpans(writer, resourceSpans)
  }
  return writer.finish()
}

function writeResourceSpans(writer: WireWriter, resourceSpans: JsonObject): void {
  const mark = writer.open(1)
  const resource = objectOf(resourceSpans.resource, 'resource')
  if (resource !== undefined) {
    const inner = writer.open(1)
    writeAttributes(writer, 1, resource.attributes)
    writeCount(writer, 2, resource.droppedAttributesCount)
    writer.close(inner)
  }
  for (const item of listOf(resourceSpans.scopeSpans, 'scopeSpans')) {
    const scopeSpans = objectOf(item, 'scopeSpans[]')
    if (scopeSpans !== undefined) writeScopeSpans(writer, scopeSpans)
  }
  writeText(writer, 3, resourceSpans.schemaUrl)
  writer.close(mark)
}

function writeScopeSpans(writer: WireWriter, scopeSpans: JsonObject): void {
  const mark = writer.open(2)
  const scope = objectOf(scopeSpans.scope, 'scope')
  if (scope !== undefined) {
    const inner = writer.open(1)
    writeText(writer, 1, scope.name)
    writeText(writer, 2, scope.version)
    writeAttributes(writer, 3, scope.attributes)
    writeCount(writer, 4, scope.droppedAttributesCount)
    writer.close(inner)
  }
  for (const item of listOf(scopeSpans.spans, 'spans')) {
    const span = objectOf(item, 'spans[]')
    if (span !== undefined) writeSpan(writer, span)
  }
  writeText(writer, 3, scopeSpans.schemaUrl)
  writer.close(mark)
}

function writeSpan(writer: WireWriter, span: JsonObject): void {
  const mark = writer.open(2)
  writer.bytes(1, idOf(span.traceId))
  writer.bytes(2, idOf(span.spanId))
  writeText(writer, 3, span.traceState)
  writer.bytes(4, idOf(span.parentSpanId))
  writeText(writer, 5, span.name)
  writeCount(writer, 6, enumOf(span.kind, SPAN_KINDS))
  writeTime(writer, 7, span.startTimeUnixNano)
  writeTime(writer, 8, span.endTimeUnixNano)
  writeAttributes(writer, 9, span.attributes)
  writeCount(writer, 10, span.droppedAttributesCount)
  for (const event of listOf(span.events, 'events')) writeEvent(writer, objectOf(event, 'events[]'))
  writeCount(writer, 12, span.droppedEventsCount)
  for (const link of listOf(span.links, 'links')) writeLink(writer, objectOf(link, 'links[]'))
  writeCount(writer, 14, span.droppedLinksCount)
  const status = objectOf(span.status, 'status')
  if (status !== undefined) {
    const inner = writer.open(15)
    writeText(writer, 2, status.message)
    writeCount(writer, 3, enumOf(status.code, STATUS_CODES))
    writer.close(inner)
  }
  writeFlags(writer, 16, span.flags)
  writer.close(mark)
}

function writeEvent(writer: WireWriter, event: JsonObject | undefined): void {
  if (event === undefined) return
  const mark = writer.open(11)
  writeTime(writer, 1, event.timeUnixNano)
  writeText(writer, 2, event.name)
  writeAttributes(writer, 3, event.attributes)
  writeCount(writer, 4, event.droppedAttributesCount)
  writer.close(mark)
}

function writeLink(writer: WireWriter, link: JsonObject | undefined): void {
  if (link === undefined) return
  const mark = writer.open(13)
  writer.bytes(1, idOf(link.traceId))
  writer.bytes(2, idOf(link.spanId))
  writeText(writer, 3, link.traceState)
  writeAttributes(writer, 4, link.attributes)
  writeCount(writer, 5, link.droppedAttributesCount)
  writeFlags(writer, 6, link.flags)
  writer.close(mark)
}

function writeAttributes(writer: WireWriter, field: number, attributes: unknown, depth = 0): void {
  for (const item of listOf(attributes, 'attributes')) {
    const attribute = objectOf(item, 'attributes[]')
    if (attribute === undefined) continue
    const mark = writer.open(field)
    writeText(writer, 1, attribute.key)
    const value = objectOf(attribute.value, 'value')
    if (value !== undefined) writeValue(writer, 2, value, depth)
    writer.close(mark)
  }
}

function writeValue(writer: WireWriter, field: number, value: JsonObject, depth: number): void {
  if (depth >= MAX_DEPTH) throw new DecodeError(`attribute values nested deeper than ${MAX_DEPTH}`)
  const mark = writer.open(field)
  if (isSet(value.stringValue)) writer.text(1, textOf(value.stringValue))
  else if (isSet(value.intValue)) writeInt(writer, value.intValue)
  else if (isSet(value.boolValue)) writer.varint(2, textOf(value.boolValue) === 'true' ? 1 : 0)
  else if (isSet(value.doubleValue)) writer.double(4, Number(value.doubleValue))
  else if (isSet(value.arrayValue)) writeArray(writer, value.arrayValue, depth)
  else if (isSet(value.kvlistValue)) {
    const inner = writer.open(6)
    writeAttributes(writer, 1, objectOf(value.kvlistValue, 'kvlistValue')?.values, depth + 1)
    writer.close(inner)
  } else if (isSet(value.bytesValue)) writer.bytes(7, binaryOf(value.bytesValue))
  writer.close(mark)
}

function writeArray(writer: WireWriter, array: unknown, depth: number): void {
  const mark = writer.open(5)
  for (const item of listOf(objectOf(array, 'arrayValue')?.values, 'values')) {
    writeValue(writer, 1, objectOf(item, 'values[]') ?? {}, depth + 1)
  }
  writer.close(mark)
}

/** What is not a 64-bit integer keeps its value in the type that holds it: double, else text. */
function writeInt(writer: WireWriter, value: unknown): void {
  const integer = integerOf(value)
  if (integer !== undefined && integer <= MAX_INT64 && integer >= -MAX_INT64 - 1n) writer.int64(3, integer)
  else if (value !== '' && !Number.isNaN(Number(value))) writer.double(4, Number(value))
  else if (value !== '') writer.text(1, textOf(value))
}

function writeText(writer: WireWriter, field: number, value: unknown): void {
  const text = textOf(value)
  if (text !== '') writer.text(field, text)
}

function writeCount(writer: WireWriter, field: number, value: unknown): void {
  const count = countOf(value)
  if (count !== 0) writer.varint(field, count)
}

function writeFlags(writer: WireWriter, field: number, value: unknown): void {
  const flags = countOf(value)
  if (flags !== 0) writer.fixed32(field, flags)
}

function writeTime(writer: WireWriter, field: number, value: unknown): void {
  const time = integerOf(value) ?? (typeof value === 'number' && value > 0 ? BigInt(Math.trunc(value)) : 0n)
  if (time > 0n) writer.fixed64(field, time > MAX_UINT64 ? MAX_UINT64 : time)
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** Enums are integers in OTLP/JSON; other JSON mappings of protobuf write the names. */
function enumOf(value: unknown, names: readonly string[]): unknown {
  return typeof value === 'string' && names.includes(value) ? names.indexOf(value) : value
}

const SPAN_KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
]
const STATUS_CODES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']
