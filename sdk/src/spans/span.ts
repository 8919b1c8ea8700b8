import {
  type Attributes,
  type AttributeValue,
  type Exception,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from '@opentelemetry/api'
import { runtime } from '../runtime.ts'
import { EXCEPTION_EVENT, EXCEPTION_MESSAGE, EXCEPTION_STACKTRACE, EXCEPTION_TYPE } from '../semconv.ts'
import { readProperty } from '../values/read-property.ts'
import { NAME, VERSION } from '../version.ts'
import { isAttribute, onlyAttributes, toText } from './attributes.ts'
import { exactTime, isBefore, sinceEpoch, toHrTime, toMilliseconds } from './clock.ts'
import { validOnly } from './ids.ts'

/** Attributes, and likewise events and links, of one span: https://opentelemetry.io/docs/specs/otel/common/#attribute-limits */
const MAX_ATTRIBUTES = 128
const MAX_EVENTS = 128
const MAX_LINKS = 128

/** Who makes spans. */
export interface InstrumentationScope {
  readonly name: string
  readonly version?: string | undefined
}

export interface SpanEvent {
  readonly name: string
  readonly time: HrTime
  readonly attributes?: Attributes | undefined
}

/** What produced the spans of this process. */
export interface Resource {
  readonly attributes: Attributes
  /** An application's detectors are still at work. */
  readonly asyncAttributesPending?: boolean | undefined
  readonly waitForAsyncAttributes?: (() => Promise<void>) | undefined
}

/** A span as it is exported: `ReadableSpan` of OpenTelemetry's SDK. One that has not ended has the end 0. */
export interface ReadableSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly spanContext: () => SpanContext
  readonly parentSpanContext?: SpanContext | undefined
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly status: SpanStatus
  readonly attributes: Attributes
  readonly links: Link[]
  readonly events: SpanEvent[]
  readonly duration: HrTime
  readonly ended: boolean
  readonly resource: Resource
  readonly instrumentationScope: InstrumentationScope
  readonly droppedAttributesCount: number
  readonly droppedEventsCount: number
  readonly droppedLinksCount: number
}

const OWN: InstrumentationScope = { name: NAME, version: VERSION }
const UNSET: SpanStatus = { code: SpanStatusCode.UNSET }

export interface SpanStart {
  readonly name: string
  readonly spanContext: SpanContext
  readonly parentSpanContext: SpanContext | undefined
  readonly attributes: Attributes
  /** The same span in the application's own traces. */
  readonly mirror?: Span | undefined
  /** Default: that of `init`. */
  readonly resource?: Resource | undefined
  readonly kind?: SpanKind | undefined
  readonly startTime?: TimeInput | undefined
  readonly links?: readonly Link[] | undefined
  readonly instrumentationScope?: InstrumentationScope
}

const RECORDED = Symbol.for('weir.sdk.span')

/** Also of another copy of this package. */
export function isRecordedSpan(span: Span): span is RecordedSpan {
  return RECORDED in span
}

/**
 * A span of ours, or of a library that uses OpenTelemetry's API where the application has no provider. What is said of it is
 * also said of its mirror. Whatever it is told, it does not throw, and one wrong value does not spoil what else it says: a
 * collector that cannot read a span refuses all that came with it.
 */
export class RecordedSpan implements Span, ReadableSpan {
  name: string
  readonly kind: SpanKind
  readonly parentSpanContext?: SpanContext | undefined
  readonly instrumentationScope: InstrumentationScope
  /** What a library sets counts against a limit; what we set does not. */
  readonly attributes: Attributes
  readonly mirror: Span | undefined
  readonly resource: Resource
  links: Link[] = []
  events: SpanEvent[] = []
  status: SpanStatus = UNSET
  ended = false
  droppedAttributesCount = 0
  droppedEventsCount = 0
  droppedLinksCount = 0
  readonly #spanContext: SpanContext
  /** Milliseconds of the monotonic clock. */
  readonly #began: number
  /** Milliseconds since 1970. */
  readonly #start: number
  #end = 0
  /** Where they were given. */
  readonly #givenStart: HrTime | undefined
  #givenEnd: HrTime | undefined

  constructor(start: SpanStart) {
    this.#began = performance.now()
    this.#start = start.startTime === undefined ? sinceEpoch(this.#began) : toMilliseconds(start.startTime)
    this.#givenStart = start.startTime === undefined ? undefined : exactTime(start.startTime)
    this.name = toText(start.name)
    this.kind = typeof start.kind === 'number' && start.kind in SpanKind ? start.kind : SpanKind.INTERNAL
    this.#spanContext = start.spanContext
    if (start.parentSpanContext !== undefined) this.parentSpanContext = start.parentSpanContext
    this.instrumentationScope = start.instrumentationScope ?? OWN
    this.attributes = start.attributes
    this.mirror = start.mirror
    this.resource = start.resource ?? runtime.current?.resource ?? NO_RESOURCE
    if (start.links !== undefined) this.addLinks(start.links)
  }

  get startTime(): HrTime {
    return this.#givenStart ?? toHrTime(this.#start)
  }

  get endTime(): HrTime {
    if (!this.ended) return [0, 0]
    const end = this.#givenEnd ?? toHrTime(this.#end)
    return isBefore(end, this.startTime) ? this.startTime : end
  }

  get duration(): HrTime {
    return toHrTime(this.elapsed)
  }

  /** Milliseconds from the start to the end, or to now. */
  get elapsed(): number {
    return this.ended ? this.#end - this.#start : performance.now() - this.#began
  }

  spanContext(): SpanContext {
    return this.#spanContext
  }

  isRecording(): boolean {
    return !this.ended
  }

  /** Sets an attribute of ours. */
  set(key: string, value: AttributeValue): void {
    if (this.ended) return
    this.attributes[key] = value
    if (this.mirror !== undefined) this.#mirrored((mirror) => mirror.setAttribute(key, value))
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.ended || !isAttribute(key, value)) return this
    if (!Object.hasOwn(this.attributes, key) && Object.keys(this.attributes).length >= MAX_ATTRIBUTES) {
      this.droppedAttributesCount += 1
    } else {
      this.set(key, value)
    }
    return this
  }

  setAttributes(attributes: Attributes): this {
    for (const [key, value] of Object.entries(attributes ?? {}))
      this.setAttribute(key, value as AttributeValue)
    return this
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.ended) return this
    if (this.events.length >= MAX_EVENTS) {
      this.droppedEventsCount += 1
      return this
    }
    const [given, at] = isTime(attributesOrTime) ? [{}, attributesOrTime] : [attributesOrTime, time]
    const attributes = onlyAttributes(given)
    this.events.push({
      name: toText(name),
      attributes,
      time: at == null ? toHrTime(this.#now()) : exactTime(at),
    })
    if (this.mirror !== undefined) this.#mirrored((mirror) => mirror.addEvent(name, attributes, at))
    return this
  }

  addLink(link: Link): this {
    if (this.ended) return this
    if (this.links.length >= MAX_LINKS || validOnly(link?.context) === undefined) {
      this.droppedLinksCount += 1
      return this
    }
    this.links.push({ context: link.context, attributes: onlyAttributes(link.attributes) })
    if (this.mirror !== undefined) this.#mirrored((mirror) => mirror.addLink(link))
    return this
  }

  addLinks(links: readonly Link[]): this {
    for (const link of Array.isArray(links) ? links : []) this.addLink(link)
    return this
  }

  setStatus(status: SpanStatus): this {
    if (this.ended || this.status.code === SpanStatusCode.OK) return this
    const { code, message } = status ?? UNSET
    if (code === SpanStatusCode.OK) this.status = { code }
    else if (code === SpanStatusCode.ERROR)
      this.status = message === undefined ? { code } : { code, message: toText(message) }
    else return this
    if (this.mirror !== undefined) this.#mirrored((mirror) => mirror.setStatus(status))
    return this
  }

  updateName(name: string): this {
    if (this.ended) return this
    this.name = toText(name)
    if (this.mirror !== undefined) this.#mirrored((mirror) => mirror.updateName(name))
    return this
  }

  /** https://opentelemetry.io/docs/specs/otel/trace/exceptions */
  recordException(exception: Exception, time?: TimeInput): void {
    const read = (key: string) => readProperty(exception, key) as AttributeValue | undefined
    const type = read('code') ?? read('name')
    const attributes: Attributes = {
      [EXCEPTION_TYPE]: type === undefined ? undefined : toText(type),
      [EXCEPTION_MESSAGE]: typeof exception === 'string' ? exception : read('message'),
      [EXCEPTION_STACKTRACE]: read('stack'),
    }
    this.addEvent(EXCEPTION_EVENT, attributes, time)
  }

  end(time?: TimeInput): void {
    if (this.ended) return
    if (this.mirror !== undefined) this.#endMirror(this.mirror, time)
    this.#end = Math.max(time == null ? this.#now() : toMilliseconds(time), this.#start)
    this.#givenEnd = time == null ? undefined : exactTime(time)
    this.ended = true
    runtime.current?.delivery?.onEnd(this)
  }

  #now(): number {
    return this.#start + (performance.now() - this.#began)
  }

  /** What the application wrote on its own span is taken over. */
  #endMirror(mirror: Span, time: TimeInput | undefined): void {
    this.#mirrored(() => {
      const { attributes, events } = mirror as Partial<ReadableSpan>
      for (const key in attributes) this.attributes[key] ??= attributes[key]
      if (Array.isArray(events) && events.length > this.events.length) this.events = events
    })
    this.#mirrored(() => mirror.end(time))
  }

  #mirrored(act: (mirror: Span) => void): void {
    try {
      act(this.mirror as Span)
    } catch {
      // The application's tracing threw; its error must not become that of the code that we record.
    }
  }
}

Object.defineProperty(RecordedSpan.prototype, RECORDED, { value: true })

const NO_RESOURCE: Resource = { attributes: {} }

function isTime(value: Attributes | TimeInput | undefined): value is TimeInput {
  return typeof value === 'number' || Array.isArray(value) || value instanceof Date
}
