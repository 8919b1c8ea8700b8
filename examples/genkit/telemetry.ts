import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { enableTelemetry } from 'genkit/tracing'

const { WEIR_ENDPOINT = 'http://127.0.0.1:4318', WEIR_API_KEY } = process.env

/** All that Genkit needs to be recorded by Weir: an OTLP exporter of the OpenTelemetry version that Genkit uses. */
export async function recordInWeir(
  wrap: (processor: SpanProcessor) => SpanProcessor = (processor) => processor,
): Promise<SpanProcessor> {
  const exporter = new OTLPTraceExporter({
    url: `${WEIR_ENDPOINT}/v1/traces`,
    headers: WEIR_API_KEY ? { authorization: `Bearer ${WEIR_API_KEY}` } : {},
  })
  const processor = wrap(new BatchSpanProcessor(exporter))
  await enableTelemetry({ serviceName: 'support-desk', spanProcessors: [processor] })
  return processor
}
