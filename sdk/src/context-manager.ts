import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'

const PROBE = createContextKey('weir.probe')

/** Registers a context manager unless the application has one. */
export function ensureContextManager(): void {
  const carried = context.with(ROOT_CONTEXT.setValue(PROBE, true), () => context.active().getValue(PROBE))
  if (carried !== true) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
}
