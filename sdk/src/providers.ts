import { ProxyTracerProvider, type Span, TraceFlags, trace } from '@opentelemetry/api'
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import {
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { applicationSpanReader } from './application-span.ts'
import type { Configuration } from './configuration.ts'
import { warnOfOtherApi } from './context-manager.ts'
import type { Delivery } from './delivery.ts'
import { DirectExport } from './direct-export.ts'
import { sendBeforeExit } from './exit.ts'
import { ExportQueue } from './export-queue.ts'
import { joinRun } from './foreign-root.ts'
import { OtlpExporter } from './otlp-exporter.ts'
import type { Runtime } from './runtime.ts'
import { NAME, VERSION } from './version.ts'
import { warn } from './warn.ts'

/** Our own provider, for an application that has none. */
export function ownRuntime(configuration: Configuration): Runtime {
  const delivery = createDelivery(configuration)
  const provider = new TracerProvider({
    resource: ownResource(configuration),
    spanProcessors: delivery === undefined ? [] : [joining(delivery)],
  })
  const registered = configuration.global && trace.setGlobalTracerProvider(provider)
  if (configuration.global && !registered) warnOfOtherApi()
  const undo = delivery === undefined ? undefined : sendBeforeExit(delivery)
  return {
    tracer: provider.getTracer(NAME, VERSION),
    ownProvider: true,
    capture: configuration.capture,
    ...(delivery === undefined ? {} : { delivery }),
    shutdown: async () => {
      undo?.()
      if (registered) trace.disable()
      await delivery?.shutdown()
    },
  }
}

function joining(delivery: Delivery): SpanProcessor {
  return {
    onStart: joinRun,
    onEnd: (span) => delivery.onEnd(span),
    forceFlush: () => delivery.forceFlush(),
    shutdown: () => delivery.shutdown(),
  }
}

/**
 * Our spans are made by the application's provider, so parents and children are right in both places; each goes to Weir as
 * well when it ended. `attached`: our processor is one of the provider's, and gets every span by itself.
 */
export function besideRuntime(configuration: Configuration, attached: boolean): Runtime {
  const alreadySent = configuration.urlIsApplications && configuration.exporter === undefined && !attached
  const delivery = alreadySent ? undefined : createDelivery(configuration)
  const undo = delivery === undefined ? undefined : sendBeforeExit(delivery)
  const receive = delivery === undefined ? undefined : receiver(configuration, delivery)
  return {
    tracer: trace.getTracer(NAME, VERSION),
    capture: configuration.capture,
    ...(delivery === undefined ? {} : { delivery }),
    ...(receive === undefined ? {} : attached ? { onForeignEnd: receive } : { afterEnd: receive }),
    shutdown: async () => {
      undo?.()
      await delivery?.shutdown()
    },
  }
}

export function disabledRuntime(): Runtime {
  const tracer = new ProxyTracerProvider().getTracer(NAME, VERSION)
  return {
    tracer,
    capture: { inputs: false, outputs: false, maxLength: 1, redact: undefined },
    shutdown: async () => {},
  }
}

function receiver(configuration: Configuration, delivery: Delivery): (span: Span | ReadableSpan) => void {
  const read = applicationSpanReader(configuration.resource)
  return (span) => {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
    const readable = read(span)
    if (readable !== undefined) delivery.onEnd(readable)
    else
      warn(
        'foreign',
        "the application's tracer provider makes spans that cannot be read; they do not reach Weir",
      )
  }
}

function createDelivery(configuration: Configuration): Delivery | undefined {
  const exporter = configuration.exporter ?? collectorExporter(configuration)
  if (exporter === undefined) return undefined
  return configuration.batch
    ? new ExportQueue(exporter, configuration.maxQueueSize)
    : new DirectExport(exporter)
}

function collectorExporter({ url, headers }: Configuration): SpanExporter | undefined {
  if (url === undefined) return undefined
  try {
    return new OtlpExporter(url, headers)
  } catch (error) {
    warn('headers', `${(error as Error).message}: see OTEL_EXPORTER_OTLP_HEADERS; nothing is sent`)
    return undefined
  }
}

function ownResource(configuration: Configuration): Resource {
  return defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(configuration.resource))
}
