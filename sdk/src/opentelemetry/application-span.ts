import { TraceFlags, type Tracer } from '@opentelemetry/api'
import { runtime } from '../runtime.ts'
import { toText } from '../spans/attributes.ts'
import type { ReadableSpan, Resource } from '../spans/span.ts'
import { NAME } from '../version.ts'

/** A span as SDK 1.x or 2.x implements it. */
type AnySdkSpan = Omit<ReadableSpan, 'instrumentationScope' | 'parentSpanContext'> & {
  readonly instrumentationScope?: ReadableSpan['instrumentationScope']
  readonly parentSpanContext?: ReadableSpan['parentSpanContext']
  /** SDK 1.x. */
  readonly instrumentationLibrary?: ReadableSpan['instrumentationScope']
  /** SDK 1.x. */
  readonly parentSpanId?: string
}

/**
 * Reads spans that an application's provider made, as spans to export with our resource attributes over its own.
 * Gives undefined for one that is not sampled, for the mirror of one of ours, and for one that does not let itself be read.
 */
export function readApplicationSpan(span: unknown): ReadableSpan | undefined {
  const source = span as AnySdkSpan
  const scope = source.instrumentationScope ?? source.instrumentationLibrary
  if (scope === undefined || !Array.isArray(source.endTime) || source.resource === undefined) return undefined
  if (scope.name === NAME || (source.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return undefined
  return toReadableSpan(source, scope, withOwnResource(source.resource))
}

/** The resource of the spans that an application's tracer makes; a sampler that is off makes none that would tell. */
export function resourceOfTracer(tracer: Tracer): Resource | undefined {
  const { resource, _resource } = tracer as { readonly resource?: Resource; readonly _resource?: Resource }
  const found = resource ?? _resource
  return typeof found?.attributes === 'object' ? withOwnResource(found) : undefined
}

function toReadableSpan(
  source: AnySdkSpan,
  instrumentationScope: ReadableSpan['instrumentationScope'],
  resource: Resource,
): ReadableSpan {
  const spanContext = source.spanContext()
  const parent =
    source.parentSpanContext ??
    (source.parentSpanId === undefined
      ? undefined
      : { traceId: spanContext.traceId, spanId: source.parentSpanId, traceFlags: spanContext.traceFlags })
  return {
    name: toText(source.name),
    kind: source.kind,
    spanContext: () => spanContext,
    ...(parent === undefined ? {} : { parentSpanContext: parent }),
    startTime: source.startTime,
    endTime: source.endTime,
    status: source.status,
    attributes: source.attributes,
    links: source.links,
    events: source.events,
    duration: source.duration,
    ended: source.ended,
    resource,
    instrumentationScope,
    droppedAttributesCount: source.droppedAttributesCount,
    droppedEventsCount: source.droppedEventsCount,
    droppedLinksCount: source.droppedLinksCount,
  }
}

const merged = new WeakMap<Resource, Resource>()

/** The application's resource is read when it is exported: its detectors may still be at work when a span ends. */
function withOwnResource(application: Resource): Resource {
  let resource = merged.get(application)
  if (resource === undefined) {
    resource = {
      get attributes() {
        return { ...application.attributes, ...runtime.current?.resourceOptions }
      },
      get asyncAttributesPending() {
        return application.asyncAttributesPending
      },
      waitForAsyncAttributes: async () => application.waitForAsyncAttributes?.(),
    }
    merged.set(application, resource)
  }
  return resource
}
