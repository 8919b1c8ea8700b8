import {
  type Attributes,
  type Context,
  type HrTime,
  isSpanContextValid,
  type Span,
  type SpanContext,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { applicationTracer } from '../opentelemetry/application.ts'
import { resourceOfTracer } from '../opentelemetry/application-span.ts'
import { runtime } from '../runtime.ts'
import { newSpanId, newTraceId } from './ids.ts'
import { contextAround, type Place } from './scope.ts'
import { RecordedSpan } from './span.ts'

/** Somebody gets our spans. */
export function isRecording(): boolean {
  const { current } = runtime
  return current?.delivery !== undefined || (current?.mirrored !== false && applicationTracer() !== undefined)
}

/**
 * Starts a span of ours. Neither the application's sampler nor its processors decide about it; its own span of the same name
 * has the same ids. Undefined where nothing is recorded.
 *
 * @param startTime of what began before it was known to be a span of its own
 */
export function startSpan(
  name: string,
  attributes: Attributes,
  place: Place,
  startTime?: HrTime,
): RecordedSpan | undefined {
  const { parent } = place
  const { current } = runtime
  const tracer = current === undefined || current.mirrored ? applicationTracer() : undefined
  if (current?.delivery === undefined && tracer === undefined) return undefined
  const context = tracer === undefined ? undefined : contextAround(place)
  let mirror: Span | undefined
  let ids: SpanContext | undefined
  try {
    mirror = tracer?.startSpan(
      name,
      { attributes, ...(startTime === undefined ? {} : { startTime }) },
      context,
    )
    ids = idsOf(mirror, parent, context)
  } catch {
    // The application's tracing threw: the span goes to Weir only.
  }
  const span = new RecordedSpan({
    name,
    spanContext: ids ?? {
      traceId: parent?.traceId ?? newTraceId(),
      spanId: newSpanId(),
      traceFlags: TraceFlags.SAMPLED,
    },
    parentSpanContext: parent,
    attributes,
    mirror,
    resource: tracer === undefined ? undefined : resourceOfTracer(tracer),
    startTime,
  })
  current?.delivery?.onStart(span)
  return span
}

/** Those of the mirror, unless it is in another trace than our parent, or only stands for the span around it. */
function idsOf(
  mirror: Span | undefined,
  parent: SpanContext | undefined,
  around: Context | undefined,
): SpanContext | undefined {
  const ids = mirror?.spanContext()
  if (ids === undefined || around === undefined || !isSpanContextValid(ids)) return undefined
  if (parent === undefined) return ids
  const isNew = ids.spanId !== trace.getSpanContext(around)?.spanId
  return isNew && parent.traceId === ids.traceId ? ids : undefined
}
