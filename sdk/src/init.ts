import { type ProxyTracerProvider, trace } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { type InitOptions, toConfiguration } from './configuration.ts'
import { ensureContextManager } from './context-manager.ts'
import type { FlushResult } from './delivery.ts'
import { type Duration, toMilliseconds } from './duration.ts'
import { joinRun } from './foreign-root.ts'
import { besideRuntime, disabledRuntime, ownRuntime } from './providers.ts'
import { initialised, setRuntime } from './runtime.ts'
import { NAME, VERSION } from './version.ts'

const NOTHING: FlushResult = { exported: 0, lost: 0, pending: 0 }

/**
 * Starts sending traces. Call it once, before the first run and after an OpenTelemetry setup of the application's own;
 * later calls change nothing until {@link shutdown}.
 *
 * @throws UsageError for an option that is not what it should be. Nothing else throws, whatever the collector does.
 */
export function init(options?: InitOptions): void {
  if (initialised() !== undefined) return
  const configuration = toConfiguration(options)
  if (configuration.disabled) {
    setRuntime(disabledRuntime())
    return
  }
  ensureContextManager()
  setRuntime(applicationHasProvider() ? besideRuntime(configuration, false) : ownRuntime(configuration))
}

/**
 * For an application that sets up OpenTelemetry itself: a processor to add to its tracer provider, in place of {@link init}.
 * Everything the provider records then reaches Weir, the spans of instrumented libraries included.
 */
export function spanProcessor(options?: InitOptions): SpanProcessor {
  if (initialised() === undefined) {
    const configuration = toConfiguration(options)
    setRuntime(configuration.disabled ? disabledRuntime() : besideRuntime(configuration, true))
  }
  return {
    onStart: joinRun,
    onEnd: (span) => initialised()?.onForeignEnd?.(span),
    forceFlush: async () => {
      await flush()
    },
    shutdown: async () => {
      await shutdown()
    },
  }
}

/** Sends what waits, for at most `timeout` (default 5 s). Never rejects; the result says what became of the spans. */
export async function flush(options: { readonly timeout?: Duration } = {}): Promise<FlushResult> {
  const timeout = toMilliseconds(options.timeout ?? '5s', 'timeout')
  return (await initialised()?.delivery?.flush(timeout)) ?? NOTHING
}

/** Flushes, then stops: flows still run, but are recorded no more until the next {@link init}. */
export async function shutdown(options: { readonly timeout?: Duration } = {}): Promise<FlushResult> {
  const result = await flush(options)
  const runtime = initialised()
  setRuntime(undefined)
  await runtime?.shutdown()
  return result
}

function applicationHasProvider(): boolean {
  const provider = trace.getTracerProvider() as Partial<ProxyTracerProvider>
  return provider.getDelegateTracer === undefined || provider.getDelegateTracer(NAME, VERSION) !== undefined
}
