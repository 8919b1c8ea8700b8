import { currentCapture } from '../runtime.ts'
import {
  INPUT_MIME_TYPE,
  INPUT_VALUE,
  OUTPUT_MIME_TYPE,
  OUTPUT_VALUE,
  WEIR_INPUT_LENGTH,
  WEIR_OUTPUT_LENGTH,
} from '../semconv.ts'
import type { Scope } from '../spans/scope.ts'
import type { RecordedSpan } from '../spans/span.ts'
import type { CaptureSource } from './capture-settings.ts'
import { type Serialised, serialise } from './serialise.ts'

/** What a recorded value belongs to. */
export interface Subject {
  readonly kind: CaptureSource['kind']
  /** The flow, the step's label, the model or the tool. */
  readonly name: string
  readonly key: string | undefined
  /** The scope around it. */
  readonly scope: Pick<Scope, 'run' | 'path' | 'signal'>
}

/** The names of what is recorded of each side. */
const ATTRIBUTES = {
  input: { value: INPUT_VALUE, mimeType: INPUT_MIME_TYPE, length: WEIR_INPUT_LENGTH },
  output: { value: OUTPUT_VALUE, mimeType: OUTPUT_MIME_TYPE, length: WEIR_OUTPUT_LENGTH },
} as const

const REDACTION_FAILED = '[redaction failed]'

/**
 * Records a value on the span: redacted, bounded, and never at the cost of an error.
 * @param length characters that it had, where it was cut before
 */
export function capture(
  span: RecordedSpan | undefined,
  side: 'input' | 'output',
  subject: Subject,
  value: unknown,
  length?: number,
): void {
  if (span === undefined || value === undefined) return
  const settings = currentCapture()
  if (!(side === 'input' ? settings.inputs : settings.outputs)) return
  try {
    const captured = serialise(redacted(side, subject, value), settings.maxLength)
    if (captured === undefined) return
    setValue(
      span,
      side,
      length === undefined ? captured : { ...captured, length: Math.max(length, captured.length ?? 0) },
    )
  } catch {
    // Losing a value is better than failing the application.
  }
}

function setValue(span: RecordedSpan, side: 'input' | 'output', captured: Serialised): void {
  const names = ATTRIBUTES[side]
  span.set(names.value, captured.text)
  span.set(names.mimeType, captured.mimeType)
  // An output may be recorded again, and attributes cannot be taken back.
  if (captured.length !== undefined) span.set(names.length, captured.length)
  else if (span.attributes[names.length] !== undefined) span.set(names.length, 0)
}

/** What the redaction hook gives in place of a value; undefined to record nothing. */
export function redacted(side: CaptureSource['side'], subject: Subject, value: unknown): unknown {
  const { redact } = currentCapture()
  if (redact === undefined || value === undefined) return value
  const { kind, name, key, scope } = subject
  const { run } = scope
  try {
    return redact(value, {
      side,
      kind,
      name,
      path: scope.path,
      ...(key === undefined ? {} : { key }),
      ...(run === undefined ? {} : { flow: run.flow }),
    })
  } catch {
    return REDACTION_FAILED
  }
}

/** The same of a text that must stay one: the message of an error, a session, a user. */
export function redactedText(
  side: CaptureSource['side'],
  subject: Subject,
  text: string,
): string | undefined {
  if (currentCapture().redact === undefined) return text
  const value = redacted(side, subject, text)
  return value === undefined || typeof value === 'string'
    ? value
    : serialise(value, text.length + 1_024)?.text
}
