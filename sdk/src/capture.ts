import type { Span } from '@opentelemetry/api'
import type { CaptureSource } from './capture-settings.ts'
import { currentCapture } from './runtime.ts'
import {
  INPUT_MIME_TYPE,
  INPUT_VALUE,
  OUTPUT_MIME_TYPE,
  OUTPUT_VALUE,
  WEIR_INPUT_LENGTH,
  WEIR_OUTPUT_LENGTH,
} from './semconv.ts'
import { type Serialised, serialise } from './serialise.ts'

/** The names of what is recorded of each side. */
const ATTRIBUTES = {
  input: { value: INPUT_VALUE, mimeType: INPUT_MIME_TYPE, length: WEIR_INPUT_LENGTH },
  output: { value: OUTPUT_VALUE, mimeType: OUTPUT_MIME_TYPE, length: WEIR_OUTPUT_LENGTH },
} as const

const REDACTION_FAILED: Serialised = { text: '[redaction failed]', mimeType: 'text/plain' }

/** Records a value on the span: redacted, bounded, and never at the cost of an error. */
export function capture(
  span: Span,
  side: CaptureSource['side'],
  kind: CaptureSource['kind'],
  name: string,
  value: unknown,
): void {
  try {
    const settings = currentCapture()
    if (
      value === undefined ||
      !(side === 'input' ? settings.inputs : settings.outputs) ||
      !span.isRecording()
    )
      return
    const { redact, maxLength } = settings
    const captured =
      redact === undefined
        ? serialise(value, maxLength)
        : redacted(() => serialise(redact(value, { side, kind, name }), maxLength))
    if (captured === undefined) return
    const attributes = ATTRIBUTES[side]
    span.setAttribute(attributes.value, captured.text)
    span.setAttribute(attributes.mimeType, captured.mimeType)
    if (captured.length !== undefined) span.setAttribute(attributes.length, captured.length)
    else if (hasAttribute(span, attributes.length)) span.setAttribute(attributes.length, 0)
  } catch {
    // Losing a value is better than failing the application.
  }
}

/** An output may be recorded again, and attributes cannot be taken back. */
function hasAttribute(span: Span, name: string): boolean {
  const { attributes } = span as { readonly attributes?: Readonly<Record<string, unknown>> }
  return attributes?.[name] !== undefined
}

function redacted(take: () => Serialised | undefined): Serialised | undefined {
  try {
    return take()
  } catch {
    return REDACTION_FAILED
  }
}
