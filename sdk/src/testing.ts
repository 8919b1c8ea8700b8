import { ExportResultCode } from '@opentelemetry/core'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { CaptureOptions } from './capture-settings.ts'
import { init, shutdown } from './init.ts'

/** The spans of this process, as they end. */
export interface Recording extends AsyncDisposable {
  readonly spans: readonly ReadableSpan[]
  /** The spans of that name, in the order of their ends. */
  named(name: string): ReadableSpan[]
  /** The one span of that name and kind. */
  only(name: string, kind?: string): ReadableSpan
}

/** Starts the SDK on an exporter in memory. */
export function record(capture: CaptureOptions = {}): Recording {
  const spans: ReadableSpan[] = []
  init({
    serviceName: 'test',
    capture,
    exporter: {
      export(batch, done) {
        spans.push(...batch)
        done({ code: ExportResultCode.SUCCESS })
      },
      shutdown: async () => {},
    },
  })
  const named = (name: string) => spans.filter((span) => span.name === name)
  return {
    spans,
    named,
    only(name, kind) {
      const found = named(name).filter((span) => kind === undefined || span.attributes['weir.kind'] === kind)
      if (found.length !== 1) throw new Error(`expected one span ${name}, got ${found.length}`)
      return found[0] as ReadableSpan
    },
    [Symbol.asyncDispose]: async () => {
      await shutdown()
    },
  }
}
