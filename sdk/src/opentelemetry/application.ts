import { type ProxyTracerProvider, type Tracer, type TracerProvider, trace } from '@opentelemetry/api'
import { processWide } from '../process-wide.ts'
import { NAME, VERSION } from '../version.ts'

/** Marks our tracers, also for another copy of this package. */
export const OURS: unique symbol = Symbol.for('weir.sdk.tracer') as never

/** Where our provider is the global one, no application has one. */
export const registration: { isOurs: boolean } = processWide('registration', () => ({ isOurs: false }))

/** A tracer of the application's own provider. */
export function applicationTracer(
  name: string = NAME,
  version: string | undefined = VERSION,
): Tracer | undefined {
  if (registration.isOurs) return undefined
  const provider: Partial<ProxyTracerProvider> & TracerProvider = trace.getTracerProvider()
  const tracer =
    provider.getDelegateTracer === undefined
      ? provider.getTracer(name, version)
      : provider.getDelegateTracer(name, version)
  return tracer !== undefined && OURS in tracer ? undefined : tracer
}
