import { type Context, context } from '@opentelemetry/api'

/** `suppressTracing` of @opentelemetry/core, which has no other name outside of that package. */
const SUPPRESSED = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** A context in which nothing is traced: that of our own requests. */
export function untraced(): Context {
  return context.active().setValue(SUPPRESSED, true)
}

export function isSuppressed(context: Context): boolean {
  return context.getValue(SUPPRESSED) === true
}
