import { type ProxyTracerProvider, type TracerProvider, trace } from '@opentelemetry/api'
import { ensureContextManager, releaseContextManager } from '../spans/scope.ts'
import { warn } from '../warn.ts'
import { applicationTracer, registration } from './application.ts'
import { LibraryTracerProvider } from './library-tracer.ts'

/** The globals of OpenTelemetry's API: who takes them first has them, so we come last and take what is left. */
export interface Globals {
  /** Takes them now, unless that was done. */
  take(): void
  release(): void
}

/** @param global become the tracer provider of the process if it has none */
export function prepareGlobals(global: boolean): Globals {
  const own = new LibraryTracerProvider()
  // Until they are taken, libraries that have the same copy of the API get ours, and an application that comes now replaces it.
  const proxy = trace.getTracerProvider() as Partial<ProxyTracerProvider>
  if (global && applicationTracer() === undefined) proxy.setDelegate?.(own)
  let taken = false
  const take = () => {
    if (taken) return
    taken = true
    clearTimeout(timer)
    const free = applicationTracer() === undefined
    registration.isOurs = global && free && trace.setGlobalTracerProvider(own)
    const carried = ensureContextManager()
    if ((global && free && !registration.isOurs) || !carried) warnOfOtherApi()
  }
  // What set up OpenTelemetry right after us has come by then.
  const timer = setTimeout(take, 0)
  ;(timer as { unref?: () => void }).unref?.()
  return {
    take,
    release: () => {
      clearTimeout(timer)
      if (registration.isOurs) trace.disable()
      else if (proxy.getDelegate?.() === own) proxy.setDelegate?.(undefined as unknown as TracerProvider)
      registration.isOurs = false
      releaseContextManager()
    },
  }
}

/** OpenTelemetry's API lets only the version that was loaded first register anything. */
function warnOfOtherApi(): void {
  warn(
    'api',
    'another version of @opentelemetry/api was loaded first, so the spans of instrumented libraries do not reach Weir ' +
      'or do not nest below steps; expected one version of it: `npm ls @opentelemetry/api` shows who brings which',
  )
}
