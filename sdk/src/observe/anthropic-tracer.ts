import { INVALID_SPAN_CONTEXT, type Tracer, trace } from '@opentelemetry/api'

/** How Anthropic's client names its own span of a message. */
const MESSAGE = 'anthropic.messages.create'

/**
 * The tracer of Anthropic's client without its spans of messages: they would say of each call a second time what ours says, without
 * the messages. Its tool runner's spans stay.
 */
export function withoutMessages(tracer: Tracer): Tracer {
  return {
    startSpan: (name, ...rest) =>
      name === MESSAGE ? trace.wrapSpanContext(INVALID_SPAN_CONTEXT) : tracer.startSpan(name, ...rest),
    startActiveSpan: tracer.startActiveSpan.bind(tracer) as Tracer['startActiveSpan'],
  }
}
