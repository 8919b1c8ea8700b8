import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

const { WEIR_ENDPOINT = 'http://127.0.0.1:4318', WEIR_API_KEY } = process.env

/** A plain OpenTelemetry setup; nothing in it is particular to Weir but the address, and the key where there is one. */
export function startTelemetry(
  resource: Record<string, string>,
  wrap: (processor: SpanProcessor) => SpanProcessor = (processor) => processor,
): TracerProvider {
  const exporter = new OTLPTraceExporter({
    url: `${WEIR_ENDPOINT}/v1/traces`,
    headers: WEIR_API_KEY ? { authorization: `Bearer ${WEIR_API_KEY}` } : {},
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    spanProcessors: [wrap(new BatchSpanProcessor({ exporter }))],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  return provider
}
