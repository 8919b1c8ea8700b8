import type { Span } from '@opentelemetry/api'
import type { CaptureSource } from './capture-settings.ts'
import { currentCapture } from './runtime.ts'
import { INPUT_MIME_TYPE, INPUT_VALUE, OUTPUT_MIME_TYPE, OUTPUT_VALUE } from './semconv.ts'
import { type Serialised, serialise } from './serialise.ts'

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
    span.setAttribute(side === 'input' ? INPUT_VALUE : OUTPUT_VALUE, captured.text)
    span.setAttribute(side === 'input' ? INPUT_MIME_TYPE : OUTPUT_MIME_TYPE, captured.mimeType)
  } catch {
    // Losing a value is better than failing the application.
  }
}

function redacted(take: () => Serialised | undefined): Serialised | undefined {
  try {
    return take()
  } catch {
    return REDACTION_FAILED
  }
}
