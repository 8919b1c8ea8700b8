import { type Attributes, SpanStatusCode } from '@opentelemetry/api'
import { isCancellation } from '../flow/abort.ts'
import {
  ERROR_TYPE,
  EXCEPTION_EVENT,
  EXCEPTION_MESSAGE,
  EXCEPTION_STACKTRACE,
  EXCEPTION_TYPE,
  WEIR_RUN_STATUS,
} from '../semconv.ts'
import { redactedText, type Subject } from '../values/capture.ts'
import { cutText } from '../values/cut-text.ts'
import { readProperty } from '../values/read-property.ts'
import { serialise } from '../values/serialise.ts'
import type { RecordedSpan } from './span.ts'

const MAX_TYPE = 256
const MAX_MESSAGE = 4_096
const MAX_STACK = 16_384
/** Errors of one record: the error itself, its causes and what it aggregates. */
const MAX_ERRORS = 10

/** Marks the span as failed, or as cancelled if one of the signals ended it. */
export function recordFailure(
  span: RecordedSpan | undefined,
  error: unknown,
  subject: Subject,
  signals: readonly AbortSignal[] = [],
): void {
  if (span === undefined) return
  if (isCancellation(error, ...signals)) {
    span.set(WEIR_RUN_STATUS, 'cancelled')
    return
  }
  const message = recordError(span, error, subject)
  span.set(ERROR_TYPE, typeOf(error))
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) })
}

/** Adds the exception event and leaves the status alone: for an error that a fallback made good. Gives the recorded message. */
export function recordError(
  span: RecordedSpan | undefined,
  error: unknown,
  subject: Subject,
): string | undefined {
  if (span === undefined) return undefined
  const message = redactedText('error', subject, messageOf(error))
  const stack = redactedText('error', subject, stackOf(error))
  const attributes: Attributes = { [EXCEPTION_TYPE]: typeOf(error) }
  if (message !== undefined) attributes[EXCEPTION_MESSAGE] = message
  if (stack !== undefined) attributes[EXCEPTION_STACKTRACE] = stack
  span.addEvent(EXCEPTION_EVENT, attributes)
  return message
}

/** The name of the error; where nobody gave it one, that of its class, else its code. */
function typeOf(error: unknown): string {
  const name = readProperty(error, 'name')
  if (typeof name === 'string' && name !== '' && name !== 'Error') return cutText(name, MAX_TYPE)
  const className = readProperty(readProperty(error, 'constructor'), 'name')
  const isSubclass = error instanceof Error && typeof className === 'string' && className !== ''
  if (isSubclass && className !== 'Error') return cutText(className, MAX_TYPE)
  const code = readProperty(error, 'code')
  if (typeof code === 'string' && code !== '') return cutText(code, MAX_TYPE)
  return name === 'Error' ? name : typeof error
}

function messageOf(error: unknown): string {
  const message = readProperty(error, 'message')
  const own = typeof message === 'string' ? message : text(error)
  const errors = aggregated(error)
  const all = own === '' && errors.length > 0 ? errors.map(messageOf).join('; ') : own
  return cutText(all, MAX_MESSAGE).toWellFormed()
}

/** The stack, and below it those of the causes and of what was aggregated. */
function stackOf(error: unknown): string {
  const stacks: string[] = []
  const rest: [string, unknown][] = [['', error]]
  for (let next = rest.shift(); next !== undefined && stacks.length < MAX_ERRORS; next = rest.shift()) {
    const [heading, current] = next
    const stack = readProperty(current, 'stack')
    stacks.push(`${heading}${typeof stack === 'string' ? stack : text(current)}`)
    const cause = readProperty(current, 'cause')
    if (cause !== undefined && cause !== null) rest.push(['Caused by: ', cause])
    for (const one of aggregated(current)) rest.push(['One of its errors: ', one])
  }
  return cutText(stacks.join('\n'), MAX_STACK).toWellFormed()
}

/** `errors` of an `AggregateError`. */
function aggregated(error: unknown): readonly unknown[] {
  const errors = error instanceof AggregateError ? readProperty(error, 'errors') : undefined
  return Array.isArray(errors) ? errors.slice(0, MAX_ERRORS) : []
}

function text(value: unknown): string {
  try {
    const { text, length } = serialise(value, MAX_MESSAGE) ?? { text: 'undefined' }
    return length === undefined ? text : `${text}…`
  } catch {
    return `[${typeof value}]`
  }
}
