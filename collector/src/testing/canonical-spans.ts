import type { Json } from './protobuf-to-json.ts'

/**
 * What OTLP/JSON requests say, in one form for all ways to say it: each span by its ids, with its resource and scope,
 * without members that are zero or empty, integers as text. Of a span that was sent twice the later end stays. Spans with
 * invalid ids are left out.
 */
export function canonicalSpans(...requests: readonly unknown[]): Record<string, Json> {
  const spans: Record<string, Json> = {}
  for (const request of requests) {
    for (const resourceSpans of list((request as Json).resourceSpans)) {
      for (const scopeSpans of list(resourceSpans.scopeSpans)) {
        for (const span of list(scopeSpans.spans)) {
          const whole = canonicalSpan(span, resourceSpans, scopeSpans)
          const id = `${whole.traceId} ${whole.spanId}`
          if (!isValid(whole)) continue
          const before = spans[id]
          if (before === undefined || BigInt(whole.end as string) >= BigInt(before.end as string))
            spans[id] = whole
        }
      }
    }
  }
  return spans
}

function canonicalSpan(span: Json, resourceSpans: Json, scopeSpans: Json): Json {
  // One of a wrong length is cut, or padded with zeros.
  const parent = hex(span.parentSpanId).padEnd(16, '0').slice(0, 16)
  const status = (span.status ?? {}) as Json
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parent: parent === '0'.repeat(16) ? '' : parent,
    name: text(span.name),
    kind: enumOf(span.kind),
    traceState: text(span.traceState),
    flags: count(span.flags),
    start: time(span.startTimeUnixNano),
    end: time(span.endTimeUnixNano),
    attributes: attributes(span.attributes),
    events: list(span.events).map((event) => ({
      name: text(event.name),
      time: time(event.timeUnixNano),
      attributes: attributes(event.attributes),
      dropped: count(event.droppedAttributesCount),
    })),
    links: list(span.links).map((link) => ({
      traceId: hex(link.traceId),
      spanId: hex(link.spanId),
      traceState: text(link.traceState),
      flags: count(link.flags),
      attributes: attributes(link.attributes),
      dropped: count(link.droppedAttributesCount),
    })),
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount].map(count),
    status: [enumOf(status.code), text(status.message)],
    resource: owner(resourceSpans.resource),
    resourceSchemaUrl: text(resourceSpans.schemaUrl),
    scope: owner(scopeSpans.scope),
    scopeSchemaUrl: text(scopeSpans.schemaUrl),
  }
}

function owner(value: unknown): Json {
  const { name, version, attributes: own, droppedAttributesCount } = (value ?? {}) as Json
  return {
    name: text(name),
    version: text(version),
    attributes: attributes(own),
    dropped: count(droppedAttributesCount),
  }
}

function attributes(value: unknown): unknown[] {
  return list(value).map((attribute) => [text(attribute.key), canonicalValue(attribute.value)])
}

function canonicalValue(value: unknown): unknown {
  const any = (value ?? {}) as Json
  if (any.stringValue != null) return ['string', text(any.stringValue)]
  if (any.intValue != null) return integer(any.intValue as string | number)
  if (any.boolValue != null) return ['bool', String(any.boolValue)]
  if (any.doubleValue != null) return double(any.doubleValue)
  if (any.arrayValue != null) return ['array', items(any.arrayValue).map(canonicalValue)]
  if (any.kvlistValue != null) return ['kvlist', attributes((any.kvlistValue as Json).values)]
  if (any.bytesValue != null) return ['bytes', base64(any.bytesValue)]
  return []
}

function double(value: unknown): unknown {
  const number = Number(value)
  return ['double', Object.is(number, -0) ? '-0' : String(number)]
}

/** What is no 64-bit integer keeps its value in the type that holds it. */
function integer(value: string | number): unknown {
  const text = String(value)
  const whole = /^[+-]?\d{1,30}$/.test(text) || (text !== '' && Number.isSafeInteger(Number(text)))
  const exact = whole ? BigInt(/^[+-]?\d+$/.test(text) ? text.replace('+', '') : Number(text)) : undefined
  if (exact !== undefined && BigInt.asIntN(64, exact) === exact) return ['int', String(exact)]
  if (text === '') return []
  return Number.isNaN(Number(text)) ? ['string', text] : double(text)
}

/** Old exporters wrote a byte array's JSON form. */
function base64(value: unknown): string {
  if (typeof value === 'string') return Buffer.from(value, 'base64').toString('base64')
  return Buffer.from(Object.values(value as object)).toString('base64')
}

function items(array: unknown): unknown[] {
  return ((array as Json).values ?? []) as unknown[]
}

function list(value: unknown): Json[] {
  return (value ?? []) as Json[]
}

/** Halves of characters have no UTF-8. */
function text(value: unknown): string {
  return String(value ?? '').toWellFormed()
}

function hex(value: unknown): string {
  return text(value).toLowerCase()
}

function count(value: unknown): number {
  return Number(value ?? 0)
}

/** Beyond a byte it is stored as 0: OTLP defines no such kind or status. */
function enumOf(value: unknown): number {
  return count(value) > 255 ? 0 : count(value)
}

function time(value: unknown): string {
  return String(BigInt((value ?? 0) as string))
}

function isValid({ traceId, spanId }: Json): boolean {
  return /^(?!0+$)[0-9a-f]{32}$/.test(text(traceId)) && /^(?!0+$)[0-9a-f]{16}$/.test(text(spanId))
}
