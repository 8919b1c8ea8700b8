import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { enableTelemetry } from 'genkit/tracing'

const ENDPOINT = process.env.WEIR_ENDPOINT ?? 'http://127.0.0.1:4318'

/** All that Genkit needs to be recorded by Weir: an OTLP exporter of the OpenTelemetry version that Genkit uses. */
export async function recordInWeir(
  wrap: (processor: SpanProcessor) => SpanProcessor = (processor) => processor,
): Promise<SpanProcessor> {
  const exporter = new OTLPTraceExporter({ url: `${ENDPOINT}/v1/traces` })
  const processor = wrap(new BatchSpanProcessor(exporter))
  await enableTelemetry({ serviceName: 'support-desk', spanProcessors: [processor] })
  return processor
}
