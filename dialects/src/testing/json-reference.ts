import { DecodeError } from '../otlp/limits.ts'
import { WireWriter } from '../otlp/wire-writer.ts'

/**
 * OTLP/JSON to protobuf the plain way, to compare the collector's conversion with: JSON.parse, then one function per
 * message. Of a member that comes twice it only ever sees the last.
 */
export function referenceProtobufOfJson(body: Buffer): Buffer {
  const writer = new WireWriter()
  const request = parse(inLowerCamelCase(new TextDecoder().decode(body)))
  if (request === null) throw new DecodeError('null')
  expectMember(object(request), ['resourceSpans'])
  messages(writer, 1, object(request).resourceSpans, (resourceSpans) => {
    expectMember(resourceSpans, ['scopeSpans', 'instrumentationLibrarySpans'], ['resource', 'schemaUrl'])
    message(writer, 1, resourceSpans.resource, (resource) => {
      attributes(writer, 1, resource.attributes, 0)
      count(writer, 2, resource.droppedAttributesCount)
    })
    messages(writer, 2, resourceSpans.scopeSpans, (spans) => writeScope(writer, spans, 'scope'))
    text(writer, 3, resourceSpans.schemaUrl)
    messages(writer, 1000, resourceSpans.instrumentationLibrarySpans, (spans) =>
      writeScope(writer, spans, 'instrumentationLibrary'),
    )
  })
  return writer.finish()
}

type JsonObject = { readonly [key: string]: unknown }

/** Names of protobuf's `.proto` files, as members of JSON, become those of OTLP/JSON. */
function inLowerCamelCase(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")(\s*:)?/gs, (member, name: string, colon?: string) => {
    const proto = colon === undefined ? undefined : unquoted(name)
    if (proto === undefined || !/^[a-z]+(_[a-z]+)+$/.test(proto)) return member
    return `"${proto.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())}"${colon}`
  })
}

function unquoted(json: string): string | undefined {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** Where none of these members is there, none that is unknown may hold what was meant for it. */
function expectMember(value: JsonObject, carriers: readonly string[], others: readonly string[] = []): void {
  const members = Object.entries(value).filter(([_, member]) => member !== undefined && member !== null)
  const isUnknown = (name: string) => !carriers.includes(name) && !others.includes(name)
  if (members.some(([name]) => carriers.includes(name))) return
  if (members.some(([name, member]) => isUnknown(name) && typeof member === 'object'))
    throw new DecodeError('no spans')
}

function writeScope(writer: WireWriter, scopeSpans: JsonObject, owner: string): void {
  expectMember(scopeSpans, ['spans'], [owner, 'schemaUrl'])
  message(writer, 1, scopeSpans[owner], (scope) => {
    text(writer, 1, scope.name)
    text(writer, 2, scope.version)
    attributes(writer, 3, scope.attributes, 0)
    count(writer, 4, scope.droppedAttributesCount)
  })
  messages(writer, 2, scopeSpans.spans, (span) => writeSpan(writer, span))
  text(writer, 3, scopeSpans.schemaUrl)
}

function writeSpan(writer: WireWriter, span: JsonObject): void {
  id(writer, 1, span.traceId)
  id(writer, 2, span.spanId)
  text(writer, 3, span.traceState)
  id(writer, 4, span.parentSpanId)
  text(writer, 5, span.name)
  count(writer, 6, numbered(span.kind, 'SPAN_KIND_', 'UNSPECIFIED INTERNAL SERVER CLIENT PRODUCER CONSUMER'))
  time(writer, 7, span.startTimeUnixNano)
  time(writer, 8, span.endTimeUnixNano)
  attributes(writer, 9, span.attributes, 0)
  count(writer, 10, span.droppedAttributesCount)
  messages(writer, 11, span.events, (event) => {
    time(writer, 1, event.timeUnixNano)
    text(writer, 2, event.name)
    attributes(writer, 3, event.attributes, 0)
    count(writer, 4, event.droppedAttributesCount)
  })
  count(writer, 12, span.droppedEventsCount)
  messages(writer, 13, span.links, (link) => {
    id(writer, 1, link.traceId)
    id(writer, 2, link.spanId)
    text(writer, 3, link.traceState)
    attributes(writer, 4, link.attributes, 0)
    count(writer, 5, link.droppedAttributesCount)
    flags(writer, 6, link.flags)
  })
  count(writer, 14, span.droppedLinksCount)
  message(writer, 15, span.status, (status) => {
    text(writer, 2, status.message)
    count(writer, 3, numbered(status.code, 'STATUS_CODE_', 'UNSET OK ERROR'))
  })
  flags(writer, 16, span.flags)
}

function attributes(writer: WireWriter, field: number, list: unknown, depth: number): void {
  messages(writer, field, list, (attribute) => {
    text(writer, 1, attribute.key)
    message(writer, 2, attribute.value, (value) => writeValue(writer, value, depth))
  })
}

function writeValue(writer: WireWriter, value: JsonObject, depth: number): void {
  if (depth >= 100) throw new DecodeError('too deep')
  const isSet = (member: string) => value[member] !== undefined && value[member] !== null
  if (isSet('stringValue')) writer.text(1, textOf(value.stringValue))
  else if (isSet('intValue')) writeInt(writer, value.intValue)
  else if (isSet('boolValue')) writer.varint(2, textOf(value.boolValue) === 'true' ? 1 : 0)
  else if (isSet('doubleValue')) writer.double(4, numberOf(value.doubleValue))
  else if (isSet('arrayValue')) {
    message(writer, 5, value.arrayValue, ({ values }) => {
      for (const item of array(values))
        message(writer, 1, item ?? {}, (inner) => writeValue(writer, inner, depth + 1))
    })
  } else if (isSet('kvlistValue')) {
    message(writer, 6, value.kvlistValue, ({ values }) => attributes(writer, 1, values, depth + 1))
  } else if (isSet('bytesValue')) bytes(writer, 7, bytesOf(value.bytesValue))
}

function writeInt(writer: WireWriter, value: unknown): void {
  const integer = integerOf(value)
  if (integer !== undefined && BigInt.asIntN(64, integer) === integer) writer.int64(3, integer)
  else if (value !== '' && !Number.isNaN(numberOf(value))) writer.double(4, numberOf(value))
  else if (value !== '') writer.text(1, textOf(value))
}

/** JSON.parse, but integers beyond 2^53 come as their text. */
function parse(body: string): unknown {
  const exact = (_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '') ? source : value
  try {
    return (JSON.parse as (text: string, reviver: typeof exact) => unknown)(body, exact)
  } catch (cause) {
    throw new DecodeError(String(cause))
  }
}

function messages(writer: WireWriter, field: number, list: unknown, write: (item: JsonObject) => void): void {
  for (const item of array(list)) message(writer, field, item, write)
}

function message(
  writer: WireWriter,
  field: number,
  value: unknown,
  write: (value: JsonObject) => void,
): void {
  if (value === undefined || value === null) return
  const mark = writer.open(field, 5)
  write(object(value))
  writer.close(mark, 5)
}

function object(value: unknown): JsonObject {
  if (typeof value === 'object' && !Array.isArray(value)) return value as JsonObject
  throw new DecodeError('no object')
}

function array(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  throw new DecodeError('no array')
}

function textOf(value: unknown): string {
  return typeof value === 'object' || value === undefined ? '' : String(value)
}

function numberOf(value: unknown): number {
  return typeof value === 'object' ? Number.NaN : Number(value)
}

function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string') return undefined
  if (/^[+-]?\d{1,30}$/.test(value)) return BigInt(value)
  return value !== '' && Number.isSafeInteger(Number(value)) ? BigInt(Number(value)) : undefined
}

function numbered(value: unknown, prefix: string, names: string): unknown {
  const at = names.split(' ').findIndex((name) => value === prefix + name)
  return at < 0 ? value : at
}

function bytesOf(value: unknown): Buffer {
  if (typeof value !== 'object' || value === null)
    return Buffer.from(textOf(value) === value ? value : '', 'base64')
  return Buffer.from(Object.values(value).map(numberOf))
}

function text(writer: WireWriter, field: number, value: unknown): void {
  if (textOf(value) !== '') writer.text(field, textOf(value))
}

function id(writer: WireWriter, field: number, value: unknown): void {
  bytes(writer, field, Buffer.from(typeof value === 'string' ? value : '', 'hex'))
}

function bytes(writer: WireWriter, field: number, value: Buffer): void {
  writer.range(field, value, 0, value.length)
}

function count(writer: WireWriter, field: number, value: unknown): void {
  const number = numberOf(value)
  if (number >= 1 && number <= 0xffff_ffff) writer.varint(field, Math.trunc(number))
}

function flags(writer: WireWriter, field: number, value: unknown): void {
  const number = numberOf(value)
  if (number >= 1 && number <= 0xffff_ffff) writer.fixed32(field, Math.trunc(number))
}

function time(writer: WireWriter, field: number, value: unknown): void {
  const number = typeof value === 'number' && value > 0 ? Math.min(value, 1e300) : 0
  const given = integerOf(value) ?? BigInt(Math.trunc(number))
  const most = 2n ** 64n - 1n
  const nanoseconds = given > most ? most : given
  if (given > 0n) writer.fixed64(field, Number(nanoseconds % 2n ** 32n), Number(nanoseconds >> 32n))
}
