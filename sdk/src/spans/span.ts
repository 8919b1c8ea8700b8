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
import { NAME, VERSION } from '../version.ts'
import { sinceEpoch, toHrTime, toMilliseconds } from './clock.ts'

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
 * also said of its mirror. Never throws.
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

  constructor(start: SpanStart) {
    this.#began = performance.now()
    this.#start = start.startTime === undefined ? sinceEpoch(this.#began) : toMilliseconds(start.startTime)
    this.name = start.name
    this.kind = start.kind ?? SpanKind.INTERNAL
    this.#spanContext = start.spanContext
    if (start.parentSpanContext !== undefined) this.parentSpanContext = start.parentSpanContext
    this.instrumentationScope = start.instrumentationScope ?? OWN
    this.attributes = start.attributes
    this.mirror = start.mirror
    this.resource = start.resource ?? runtime.current?.resource ?? NO_RESOURCE
    if (start.links !== undefined) this.addLinks(start.links)
  }

  get startTime(): HrTime {
    return toHrTime(this.#start)
  }

  get endTime(): HrTime {
    return this.ended ? toHrTime(this.#end) : [0, 0]
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
    if (this.ended || !isAttributeValue(value)) return this
    if (!(key in this.attributes) && Object.keys(this.attributes).length >= MAX_ATTRIBUTES) {
      this.droppedAttributesCount += 1
    } else {
      this.set(key, value)
    }
    return this
  }

  setAttributes(attributes: Attributes): this {
    for (const key of Object.keys(attributes)) this.setAttribute(key, attributes[key] as AttributeValue)
    return this
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.ended) return this
    if (this.events.length >= MAX_EVENTS) {
      this.droppedEventsCount += 1
      return this
    }
    const [attributes, at] = isTime(attributesOrTime)
      ? [{}, attributesOrTime]
      : [attributesOrTime ?? {}, time]
    this.events.push({
      name,
      attributes: onlyValues(attributes),
      time: toHrTime(at === undefined ? this.#now() : toMilliseconds(at)),
    })
    if (this.mirror !== undefined) this.#mirrored((mirror) => mirror.addEvent(name, attributes, at))
    return this
  }

  addLink(link: Link): this {
    if (this.links.length >= MAX_LINKS) this.droppedLinksCount += 1
    else if (!this.ended) this.links.push(link)
    if (this.mirror !== undefined) this.#mirrored((mirror) => mirror.addLink(link))
    return this
  }

  addLinks(links: readonly Link[]): this {
    for (const link of links) this.addLink(link)
    return this
  }

  setStatus(status: SpanStatus): this {
    if (this.ended || status.code === SpanStatusCode.UNSET || this.status.code === SpanStatusCode.OK)
      return this
    this.status = status.code === SpanStatusCode.ERROR ? status : { code: status.code }
    if (this.mirror !== undefined) this.#mirrored((mirror) => mirror.setStatus(status))
    return this
  }

  updateName(name: string): this {
    if (this.ended) return this
    this.name = name
    if (this.mirror !== undefined) this.#mirrored((mirror) => mirror.updateName(name))
    return this
  }

  /** https://opentelemetry.io/docs/specs/otel/trace/exceptions */
  recordException(exception: Exception, time?: TimeInput): void {
    const { code, name, message, stack } = (
      typeof exception === 'string' ? { message: exception } : exception
    ) as Partial<Record<'code' | 'name' | 'message' | 'stack', string>>
    const attributes: Attributes = {}
    const type = code ?? name
    if (type !== undefined) attributes[EXCEPTION_TYPE] = String(type)
    if (message !== undefined) attributes[EXCEPTION_MESSAGE] = message
    if (stack !== undefined) attributes[EXCEPTION_STACKTRACE] = stack
    this.addEvent(EXCEPTION_EVENT, attributes, time)
  }

  end(time?: TimeInput): void {
    if (this.ended) return
    if (this.mirror !== undefined) this.#endMirror(this.mirror, time)
    const end = time === undefined ? this.#now() : toMilliseconds(time)
    this.#end = Math.max(end, this.#start)
    this.ended = true
    runtime.current?.delivery?.onEnd(this)
  }

  #now(): number {
    return this.#start + (performance.now() - this.#began)
  }

  /** What the application wrote on its own span is taken over. */
  #endMirror(mirror: Span, time: TimeInput | undefined): void {
    const { attributes, events } = mirror as Partial<ReadableSpan>
    for (const key in attributes) this.attributes[key] ??= attributes[key]
    if (Array.isArray(events) && events.length > this.events.length) this.events = events
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

/** https://opentelemetry.io/docs/specs/otel/common/#attribute */
function isAttributeValue(value: unknown): value is AttributeValue {
  return (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    (Array.isArray(value) && value.every((item) => item == null || typeof item !== 'object'))
  )
}

function onlyValues(attributes: Attributes): Attributes {
  const kept: Attributes = {}
  for (const key of Object.keys(attributes))
    if (isAttributeValue(attributes[key])) kept[key] = attributes[key]
  return kept
}
