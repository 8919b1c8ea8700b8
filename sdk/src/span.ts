import {
  type Attributes,
  type AttributeValue,
  type Context,
  INVALID_SPAN_CONTEXT,
  type Span,
  trace,
} from '@opentelemetry/api'
import { refineStart } from './clock.ts'
import { currentTracer, initialised } from './runtime.ts'

/** Starts a span; one that records nothing if that fails. */
export function startSpan(name: string, attributes: Attributes, parent: Context): Span {
  try {
    // Attributes given at the start are checked three times: worth it only where somebody looks at them that early.
    if (initialised()?.ownProvider) {
      const span = currentTracer().startSpan(name, undefined, parent).setAttributes(attributes)
      refineStart(span)
      return span
    }
    return currentTracer().startSpan(name, { attributes }, parent)
  } catch {
    return trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
  }
}

export function setAttribute(span: Span, key: string, value: AttributeValue): void {
  try {
    span.setAttribute(key, value)
  } catch {
    // A foreign span implementation threw; the attribute is lost.
  }
}

export function endSpan(span: Span): void {
  try {
    span.end()
    initialised()?.afterEnd?.(span)
  } catch {
    // A processor of the application threw; the span is lost.
  }
}
