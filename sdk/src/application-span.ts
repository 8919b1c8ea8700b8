import type { Span } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

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
 * Gives undefined for a span of an SDK that does not let itself be read.
 */
export function applicationSpanReader(
  own: Readonly<Record<string, string>>,
): (span: Span | ReadableSpan) => ReadableSpan | undefined {
  const resources = new WeakMap<Resource, Resource>()
  return (span) => {
    const source = span as unknown as AnySdkSpan
    const scope = source.instrumentationScope ?? source.instrumentationLibrary
    if (scope === undefined || !Array.isArray(source.endTime) || source.resource === undefined)
      return undefined
    let resource = resources.get(source.resource)
    if (resource === undefined) {
      resource = mergedResource(source.resource, own)
      resources.set(source.resource, resource)
    }
    return toReadableSpan(source, scope, resource)
  }
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
    name: source.name,
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

/** Reads the application's resource when it is exported: its detectors may still be at work when the span ends. */
function mergedResource(application: Resource, own: Readonly<Record<string, string>>): Resource {
  const merged: Partial<Resource> = {
    get attributes() {
      return { ...application.attributes, ...own }
    },
    get asyncAttributesPending() {
      return application.asyncAttributesPending ?? false
    },
    waitForAsyncAttributes: async () => application.waitForAsyncAttributes?.(),
  }
  return merged as Resource
}
