/** What OTLP carries. Weir keeps traces; the others are taken and ignored. */
export type Signal = 'traces' | 'metrics' | 'logs'

export const TRACES_PATH = '/v1/traces'

/** What clients have before `/v1/traces` by default: OpenTelemetry nothing, Langfuse and LangSmith a path of their own. */
const BASES = ['', '/api/public/otel', '/otel']

/** The signal that is posted to a path, without a slash at its end. */
export const SIGNAL_OF_PATH: ReadonlyMap<string, Signal> = new Map(
  BASES.flatMap((base): [string, Signal][] => [
    [`${base}${TRACES_PATH}`, 'traces'],
    [`${base}/v1/metrics`, 'metrics'],
    [`${base}/v1/logs`, 'logs'],
  ]),
)

/** opentelemetry-proto, collector/trace/v1/trace_service.proto */
export const EXPORT_METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** The signal that a method of gRPC exports. */
export const SIGNAL_OF_METHOD: ReadonlyMap<string, Signal> = new Map([
  [EXPORT_METHOD, 'traces'],
  ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'metrics'],
  ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', 'logs'],
])
