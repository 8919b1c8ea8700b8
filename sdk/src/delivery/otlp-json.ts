import type { Attributes, AttributeValue, HrTime, Link, SpanContext } from '@opentelemetry/api'
import type { InstrumentationScope, ReadableSpan, Resource } from '../spans/span.ts'

/**
 * `ExportTraceServiceRequest` as JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Ours, since the
 * serializer of OpenTelemetry takes longer to load than this package may.
 */
export function writeRequest(spans: readonly ReadableSpan[]): string {
  const resources = new Map<Resource, Map<InstrumentationScope, ReadableSpan[]>>()
  for (const span of spans) {
    const { resource, instrumentationScope } = span
    const scopes = getOrAdd(resources, resource, () => new Map<InstrumentationScope, ReadableSpan[]>())
    getOrAdd(scopes, instrumentationScope, (): ReadableSpan[] => []).push(span)
  }
  return JSON.stringify({
    resourceSpans: Array.from(resources, ([resource, scopes]) => ({
      resource: { attributes: toKeyValues(resource.attributes) },
      scopeSpans: Array.from(scopes, ([scope, members]) => ({ scope, spans: members.map(toSpan) })),
    })),
  })
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

function toSpan(span: ReadableSpan): object {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const { parentSpanContext, status } = span
  return {
    traceId,
    spanId,
    ...(traceState === undefined ? {} : { traceState: traceState.serialize() }),
    ...(parentSpanContext === undefined ? {} : { parentSpanId: parentSpanContext.spanId }),
    flags: toFlags(traceFlags, parentSpanContext),
    name: span.name,
    // The API counts kinds from 0, OTLP from 1.
    kind: span.kind + 1,
    startTimeUnixNano: toNanoseconds(span.startTime),
    endTimeUnixNano: toNanoseconds(span.endTime),
    attributes: toKeyValues(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map(({ name, time, attributes = {} }) => ({
      name,
      timeUnixNano: toNanoseconds(time),
      attributes: toKeyValues(attributes),
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map(toLink),
    droppedLinksCount: span.droppedLinksCount,
    status,
  }
}

/** Bit 8: it is known where the parent is; bit 9: in another process. */
function toFlags(traceFlags: number, parent: SpanContext | undefined): number {
  return traceFlags | 0x100 | (parent?.isRemote === true ? 0x200 : 0)
}

function toLink({ context, attributes = {} }: Link): object {
  return { traceId: context.traceId, spanId: context.spanId, attributes: toKeyValues(attributes) }
}

function toNanoseconds([seconds, nanoseconds]: HrTime): string {
  return seconds === 0 ? String(nanoseconds) : `${seconds}${String(nanoseconds).padStart(9, '0')}`
}

function toKeyValues(attributes: Attributes): object[] {
  const list: object[] = []
  for (const key in attributes) {
    const value = attributes[key]
    if (value !== undefined && value !== null) list.push({ key, value: toAnyValue(value) })
  }
  return list
}

function toAnyValue(value: AttributeValue | null | undefined): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value.isWellFormed() ? value : value.toWellFormed() }
    case 'boolean':
      return { boolValue: value }
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? { intValue: value }
        : { doubleValue: toDouble(value) }
    case 'object':
      return Array.isArray(value) ? { arrayValue: { values: value.map(toAnyValue) } } : {}
    default:
      return {}
  }
}

/** Protobuf's JSON writes what JSON cannot as text. */
function toDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}
