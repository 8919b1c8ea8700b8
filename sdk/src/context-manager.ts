import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { warn } from './warn.ts'

const PROBE = createContextKey('weir.probe')

/** Registers a context manager unless the application has one, so that the spans of others nest below ours. */
export function ensureContextManager(): void {
  const carried = context.with(ROOT_CONTEXT.setValue(PROBE, true), () => context.active().getValue(PROBE))
  if (carried === true) return
  if (!context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())) warnOfOtherApi()
}

/** OpenTelemetry's API lets only the version that was loaded first register anything. */
export function warnOfOtherApi(): void {
  warn(
    'api',
    'another version of @opentelemetry/api was loaded first, so the spans of instrumented libraries do not reach Weir ' +
      'or do not nest below steps; expected one version of it: `npm ls @opentelemetry/api` shows who brings which',
  )
}
