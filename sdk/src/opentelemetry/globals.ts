import { context, type ProxyTracerProvider, type TracerProvider, trace } from '@opentelemetry/api'
import { setBackgroundTimer } from '../platform.ts'
import { ensureContextManager, releaseContextManager } from '../spans/scope.ts'
import { warn } from '../warn.ts'
import { applicationTracer, registration } from './application.ts'
import { LibraryTracerProvider } from './library-tracer.ts'

/**
 * The globals of OpenTelemetry's API. It keeps who takes them first, so we come last, take what is left, and give way to whoever
 * comes later still.
 */
export interface Globals {
  /** Takes them now, unless that was done. */
  take(): void
  release(): void
}

/**
 * @param global become the tracer provider of the process if it has none
 * @param lateProvider told of a provider that takes the place of ours
 */
export function prepareGlobals(global: boolean, lateProvider: (theirs: TracerProvider) => void): Globals {
  const own = new LibraryTracerProvider()
  // Until they are taken, libraries that have the same copy of the API get ours, and an application that comes now replaces it.
  const proxy = trace.getTracerProvider() as Partial<ProxyTracerProvider>
  if (global && applicationTracer() === undefined) proxy.setDelegate?.(own)
  let taken = false
  const undo = [
    giveWay(trace, 'setGlobalTracerProvider', (theirs: TracerProvider) => {
      if (registration.isOurs) trace.disable()
      registration.isOurs = false
      if (global) lateProvider(theirs)
    }),
    giveWay(context, 'setGlobalContextManager', releaseContextManager),
  ]
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
  const timer = setBackgroundTimer(take, 0)
  return {
    take,
    release: () => {
      clearTimeout(timer)
      for (const one of undo) one()
      if (registration.isOurs) trace.disable()
      else if (proxy.getDelegate?.() === own) proxy.setDelegate?.(undefined as unknown as TracerProvider)
      registration.isOurs = false
      releaseContextManager()
    },
  }
}

/** Calls `release`, which releases what is ours, before anybody registers. Gives a function that undoes it. */
function giveWay<M extends string>(
  api: { [method in M]: (value: never) => boolean },
  method: M,
  release: (value: never) => void,
): () => void {
  const register = api[method]
  const yielding = (value: never) => {
    release(value)
    return register.call(api, value)
  }
  Object.defineProperty(api, method, { value: yielding, configurable: true, writable: true })
  return () => {
    if (api[method] === yielding) Reflect.deleteProperty(api, method)
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
