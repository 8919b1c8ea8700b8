import { createHash } from 'node:crypto'
import type { OwnedSpan } from '../span-file.ts'

type Value = string | number | boolean

/** A span that a log's entries make up. */
export interface LogSpan {
  /** 32 hex digits; {@link traceIdOf} makes one. */
  readonly traceId: string
  /** 16 hex digits; {@link spanIdOf} makes one. */
  readonly spanId: string
  /** '': none. */
  readonly parentSpanId: string
  readonly name: string
  /** Milliseconds since 1970; undefined: the log does not say, or it has not ended. */
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  readonly error?: { readonly type: string; readonly message: string } | undefined
  /** What is undefined is left out. */
  readonly attributes: Readonly<Record<string, Value | undefined>>
}

/** The same of equal text, so that what is imported twice is stored once. */
export function traceIdOf(text: string): string {
  return hash(text, 32)
}

export function spanIdOf(text: string): string {
  return hash(text, 16)
}

function hash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits)
}

const SPAN_KIND_INTERNAL = 1
const STATUS_ERROR = 2

/** As OTLP/JSON. @param service the log's format: who wrote it is not in it */
export function toOwnedSpan(span: LogSpan, service: string): OwnedSpan {
  const { traceId, spanId, parentSpanId, name, error } = span
  const text = JSON.stringify({
    traceId,
    spanId,
    ...(parentSpanId !== '' && { parentSpanId }),
    name,
    kind: SPAN_KIND_INTERNAL,
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: toAttributes({ ...span.attributes, 'error.type': error?.type || undefined }),
    ...(error !== undefined && { status: { code: STATUS_ERROR, message: error.message } }),
  })
  const resource = JSON.stringify({ attributes: toAttributes({ 'service.name': service }) })
  return {
    resource: `"resource":${resource},`,
    scope: `"scope":{"name":${JSON.stringify(service)}},`,
    text: Buffer.from(text),
  }
}

function nanoseconds(ms: number | undefined): string {
  return ms === undefined || !Number.isFinite(ms) || ms <= 0
    ? '0'
    : String(BigInt(Math.round(ms * 1000)) * 1000n)
}

function toAttributes(values: LogSpan['attributes']): object[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: toValue(value) }],
  )
}

function toValue(value: Value): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

/** Attributes of an input or output: a text as it is, anything else as JSON. */
export function valueAttributes(side: 'input' | 'output', value: unknown): LogSpan['attributes'] {
  if (value === undefined) return {}
  const isText = typeof value === 'string'
  return {
    [`${side}.value`]: isText ? value : JSON.stringify(value),
    [`${side}.mime_type`]: isText ? 'text/plain' : 'application/json',
  }
}
