import type { Link, Span, SpanStatus, TimeInput } from '@opentelemetry/api'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { writeRequest } from '../delivery/otlp-json.ts'
import { newSpanId, newTraceId } from './ids.ts'
import { RecordedSpan, type SpanStart } from './span.ts'

const startSpan = (start: Partial<SpanStart> = {}) =>
  new RecordedSpan({
    name: 'work',
    spanContext: { traceId: newTraceId(), spanId: newSpanId(), traceFlags: 1 },
    parentSpanContext: undefined,
    attributes: {},
    ...start,
  })

/** What throws on whatever is done with it. */
const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('do not read me')
    },
  },
)
const anything = fc.oneof(
  fc.anything({ withDate: true, withBigInt: true, withNullPrototype: true, withObjectString: true }),
  fc.constantFrom(Symbol('s'), new Error('e'), { ['__proto__']: 1 }, JSON.parse('{"__proto__":["x"]}')),
)
const method = fc.constantFrom(
  'setAttribute',
  'setAttributes',
  'addEvent',
  'addLink',
  'addLinks',
  'setStatus',
  'updateName',
  'recordException',
)

/** The fields that a reader of OTLP refuses a whole request for. */
interface WrittenSpan {
  readonly name: unknown
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: object[]
  readonly events: { readonly name: unknown; readonly timeUnixNano: string; readonly attributes: object[] }[]
  readonly links: { readonly traceId: string; readonly spanId: string }[]
  readonly status: { readonly code: number; readonly message?: unknown }
}

function written(span: RecordedSpan): WrittenSpan {
  const request = JSON.parse(writeRequest([span])) as {
    resourceSpans: { scopeSpans: { spans: WrittenSpan[] }[] }[]
  }
  return request.resourceSpans[0]!.scopeSpans[0]!.spans[0]!
}

it('whatever a library says of its span, it is told no error, and the span can be sent', () => {
  fc.assert(
    fc.property(
      fc.record({ name: anything, kind: anything, startTime: anything, links: anything }),
      fc.array(fc.tuple(method, anything, anything, anything), { maxLength: 8 }),
      anything,
      (start, calls, end) => {
        const span = startSpan(start as Partial<SpanStart>)
        for (const [name, ...args] of calls) (span[name] as (...args: unknown[]) => unknown).apply(span, args)
        span.end(end as TimeInput)
        const sent = written(span)
        expect(typeof sent.name).toBe('string')
        expect([1, 2, 3, 4, 5]).toContain(sent.kind)
        expect([0, 1, 2]).toContain(sent.status.code)
        expect(['string', 'undefined']).toContain(typeof sent.status.message)
        for (const time of [sent.startTimeUnixNano, sent.endTimeUnixNano]) expect(time).toMatch(/^\d+$/)
        expect(BigInt(sent.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(sent.startTimeUnixNano))
        for (const event of sent.events) {
          expect(typeof event.name).toBe('string')
          expect(event.timeUnixNano).toMatch(/^\d+$/)
        }
        for (const { traceId, spanId } of sent.links) {
          expect(traceId).toMatch(/^[\da-f]{32}$/i)
          expect(spanId).toMatch(/^[\da-f]{16}$/i)
        }
        expect(Object.getPrototypeOf(span.attributes)).toBe(Object.prototype)
      },
    ),
    { numRuns: 300 },
  )
})

it('keeps what is right of what it is told', () => {
  const span = startSpan()
  const link: Link = {
    context: { traceId: newTraceId(), spanId: newSpanId(), traceFlags: 1 },
    attributes: { a: 1 },
  }
  span
    .setAttributes({ right: 1, wrong: { nested: true } as never })
    .setAttribute('toString', 'right')
    .addLinks([link, {} as Link])
    .setStatus('failed' as unknown as SpanStatus)
    .setStatus({ code: 2, message: 'no' })
  span.recordException('broke')
  span.recordException(undefined as never)
  expect(span.attributes).toEqual({ right: 1, toString: 'right' })
  expect(span.links).toEqual([link])
  expect(span.droppedLinksCount).toBe(1)
  expect(span.status).toEqual({ code: 2, message: 'no' })
  expect(span.events.map(({ attributes }) => attributes)).toEqual([{ 'exception.message': 'broke' }, {}])
})

it('keeps the nanoseconds of the times that it is given', () => {
  fc.assert(
    fc.property(
      fc.nat(999_999_999),
      fc.nat(999_999_999),
      fc.nat(999_999_999),
      (startNanos, length, eventNanos) => {
        const nanos = startNanos + length
        const span = startSpan({ startTime: [1_764_489_600, startNanos] })
        span.addEvent('e', [1_764_489_600, eventNanos])
        span.end([1_764_489_600 + Math.floor(nanos / 1e9), nanos % 1e9])
        expect(span.startTime).toEqual([1_764_489_600, startNanos])
        expect(span.endTime).toEqual([1_764_489_600 + Math.floor(nanos / 1e9), nanos % 1e9])
        expect(span.events[0]!.time).toEqual([1_764_489_600, eventNanos])
      },
    ),
  )
})

it('an end before the start is the start, and a time that is none is now', () => {
  const span = startSpan({ startTime: [1_764_489_600, 5] })
  span.end([1_764_489_600, 4])
  expect(span.endTime).toEqual(span.startTime)

  const before = Date.now()
  const other = startSpan({ startTime: new Date('no date') })
  other.end(Number.NaN)
  expect(other.startTime[0] * 1e3).toBeGreaterThan(before - 5_000)
  expect(other.endTime[0] * 1e3).toBeLessThan(Date.now() + 5_000)
})

it('an error that cannot be read is an event without words', () => {
  const span = startSpan()
  span.recordException(hostile as never)
  expect(span.events.map(({ name, attributes }) => [name, attributes])).toEqual([['exception', {}]])
})

it("the application's own span may break in any of its methods", () => {
  const span = startSpan({ mirror: hostile as Span, attributes: { a: 1 } })
  span.setAttribute('b', 2).addEvent('e').updateName('n').setStatus({ code: 1 })
  span.end()
  expect(span.attributes).toEqual({ a: 1, b: 2 })
})
