import { type Span, SpanStatusCode } from '@opentelemetry/api'
import { isCancellation } from './abort.ts'
import { cutText } from './cut-text.ts'
import {
  ERROR_TYPE,
  EXCEPTION_EVENT,
  EXCEPTION_MESSAGE,
  EXCEPTION_STACKTRACE,
  EXCEPTION_TYPE,
  WEIR_RUN_STATUS,
} from './semconv.ts'
import { serialise } from './serialise.ts'

const MAX_MESSAGE = 4_096
const MAX_STACK = 16_384
const MAX_CAUSES = 5

/** Marks the span as failed, or as cancelled, by whatever was thrown. */
export function recordFailure(span: Span, error: unknown, signal?: AbortSignal): void {
  if (isCancellation(error, signal)) {
    guarded(() => span.setAttribute(WEIR_RUN_STATUS, 'cancelled'))
    return
  }
  recordError(span, error)
  guarded(() => {
    span.setAttribute(ERROR_TYPE, typeOf(error))
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) })
  })
}

/** Adds the exception event and leaves the status alone: for an error that a fallback made good. */
export function recordError(span: Span, error: unknown): void {
  guarded(() =>
    span.addEvent(EXCEPTION_EVENT, {
      [EXCEPTION_TYPE]: typeOf(error),
      [EXCEPTION_MESSAGE]: messageOf(error),
      [EXCEPTION_STACKTRACE]: stackOf(error),
    }),
  )
}

/** The class of the error, or its code where the class is plain `Error`. */
function typeOf(error: unknown): string {
  const name = read(error, 'name')
  const code = read(error, 'code')
  if (typeof code === 'string' && (name === 'Error' || name === undefined)) return cutText(code, 256)
  return typeof name === 'string' && name !== '' ? cutText(name, 256) : typeof error
}

function messageOf(error: unknown): string {
  const message = read(error, 'message')
  return cutText(typeof message === 'string' ? message : text(error), MAX_MESSAGE).toWellFormed()
}

/** The stack and those of the causes below it. */
function stackOf(error: unknown): string {
  const stacks: string[] = []
  let current = error
  for (let depth = 0; depth < MAX_CAUSES && current !== undefined && current !== null; depth++) {
    const stack = read(current, 'stack')
    stacks.push(typeof stack === 'string' ? stack : text(current))
    current = read(current, 'cause')
  }
  return cutText(stacks.join('\nCaused by: '), MAX_STACK).toWellFormed()
}

function read(value: unknown, key: string): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[key]
  } catch {
    return undefined
  }
}

function text(value: unknown): string {
  try {
    const { text, length } = serialise(value, MAX_MESSAGE) ?? { text: 'undefined' }
    return length === undefined ? text : `${text}…`
  } catch {
    return `[${typeof value}]`
  }
}

function guarded(act: () => void): void {
  try {
    act()
  } catch {
    // A processor of the application threw; its error must not become the user's.
  }
}
