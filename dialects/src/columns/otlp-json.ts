import { otlpValue } from '../otlp/any-value.ts'
import type { AttributeList } from '../otlp/attributes.ts'
import type { OwnerView } from '../otlp/request.ts'
import { EventView, LinkView } from '../otlp/span.ts'
import { WireReader } from '../otlp/wire-reader.ts'

/** OTLP/JSON (opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding) of what `spans` keeps as text, without members that are zero or empty. */

const event = new EventView()
const link = new LinkView()

/** @param ranges start and end of each Span.Event by turns */
export function eventsJson(bytes: Buffer, ranges: readonly number[]): string {
  return listJson(ranges, (start, end) => {
    event.read(new WireReader(bytes), start, end)
    return {
      timeUnixNano: timeOf(bytes, event.time),
      name: textOf(bytes, event.nameStart, event.nameEnd),
      attributes: attributesOf(bytes, event.attributes),
      droppedAttributesCount: event.droppedAttributes || undefined,
    }
  })
}

/** @param ranges start and end of each Span.Link by turns */
export function linksJson(bytes: Buffer, ranges: readonly number[]): string {
  return listJson(ranges, (start, end) => {
    link.read(new WireReader(bytes), start, end)
    return {
      traceId: hexOf(bytes, link.traceIdStart, link.traceIdEnd),
      spanId: hexOf(bytes, link.spanIdStart, link.spanIdEnd),
      traceState: textOf(bytes, link.traceStateStart, link.traceStateEnd),
      attributes: attributesOf(bytes, link.attributes),
      droppedAttributesCount: link.droppedAttributes || undefined,
      flags: (link.flags >= 0 && bytes.readUInt32LE(link.flags)) || undefined,
    }
  })
}

/** A ResourceSpans without its scopeSpans. */
export function resourceJson(bytes: Buffer, owner: OwnerView): string {
  return JSON.stringify({
    resource: orUndefined({
      attributes: attributesOf(bytes, owner.attributes),
      droppedAttributesCount: owner.droppedAttributes || undefined,
    }),
    schemaUrl: textOf(bytes, owner.schemaUrlStart, owner.schemaUrlEnd),
  })
}

/** A ScopeSpans without its spans. */
export function scopeJson(bytes: Buffer, owner: OwnerView): string {
  return JSON.stringify({
    scope: orUndefined({
      name: textOf(bytes, owner.nameStart, owner.nameEnd),
      version: textOf(bytes, owner.versionStart, owner.versionEnd),
      attributes: attributesOf(bytes, owner.attributes),
      droppedAttributesCount: owner.droppedAttributes || undefined,
    }),
    schemaUrl: textOf(bytes, owner.schemaUrlStart, owner.schemaUrlEnd),
  })
}

/** '' for none. */
function listJson(ranges: readonly number[], read: (start: number, end: number) => object): string {
  if (ranges.length === 0) return ''
  const items: object[] = []
  for (let at = 0; at < ranges.length; at += 2) items.push(read(ranges[at]!, ranges[at + 1]!))
  return JSON.stringify(items)
}

function attributesOf(bytes: Buffer, attributes: AttributeList): object[] | undefined {
  if (attributes.count === 0) return undefined
  return Array.from({ length: attributes.count }, (_, at) => ({
    key: textOf(bytes, attributes.keyStart[at]!, attributes.keyEnd[at]!),
    value: otlpValue(bytes, attributes, at),
  }))
}

function textOf(bytes: Buffer, start: number, end: number): string | undefined {
  return bytes.toString('utf8', start, end) || undefined
}

function hexOf(bytes: Buffer, start: number, end: number): string | undefined {
  return bytes.toString('hex', start, end) || undefined
}

/** 64-bit integers are text in OTLP/JSON. */
function timeOf(bytes: Buffer, at: number): string | undefined {
  const time = at < 0 ? 0n : bytes.readBigUInt64LE(at)
  return time === 0n ? undefined : String(time)
}

function orUndefined(message: object): object | undefined {
  return Object.values(message).every((member) => member === undefined) ? undefined : message
}
