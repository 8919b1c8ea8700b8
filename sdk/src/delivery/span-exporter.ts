import type { ReadableSpan } from '../spans/span.ts'

/** `ExportResult` of OpenTelemetry: code 0 is success. */
export interface ExportResult {
  readonly code: number
  readonly error?: Error
}

/** `SpanExporter` of OpenTelemetry's SDK, so that each of its exporters is one. */
export interface SpanExporter {
  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void
  shutdown(): Promise<void>
}
