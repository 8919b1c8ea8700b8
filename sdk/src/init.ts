import type { Span, TracerProvider } from '@opentelemetry/api'
import { type Configuration, type InitOptions, toConfiguration } from './configuration.ts'
import type { Delivery, FlushResult } from './delivery/delivery.ts'
import { DirectExport } from './delivery/direct-export.ts'
import { sendBeforeExit } from './delivery/exit.ts'
import { ExportQueue } from './delivery/export-queue.ts'
import { OtlpExporter } from './delivery/otlp-exporter.ts'
import { type Duration, toMilliseconds } from './duration.ts'
import { checkKnown } from './errors.ts'
import { propagateTo } from './flow/propagation.ts'
import { readApplicationSpan } from './opentelemetry/application-span.ts'
import { prepareGlobals } from './opentelemetry/globals.ts'
import { joinRun } from './opentelemetry/library-tracer.ts'
import { runtime } from './runtime.ts'
import { detectResource } from './spans/resource.ts'
import { currentScope } from './spans/scope.ts'
import { warn } from './warn.ts'

const NOTHING: FlushResult = { exported: 0, lost: 0, pending: 0 }

/**
 * Starts sending traces. Call it once, before the first run, before or after an OpenTelemetry setup of the application's own;
 * later calls change nothing until {@link shutdown}.
 *
 * @throws UsageError for an option that is not what it should be. Nothing else throws, whatever the collector does.
 */
export function init(options?: InitOptions): void {
  if (runtime.current === undefined) start(toConfiguration(options), false)
}

/** A processor of OpenTelemetry's SDK, of any version. */
export interface SpanProcessor {
  onStart(span: Span): void
  onEnd(span: unknown): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/**
 * For an application that sets up OpenTelemetry itself: a processor to add to its tracer provider, in place of {@link init}.
 * What the provider records then reaches Weir too, such as the spans of instrumented libraries.
 */
export function spanProcessor(options?: InitOptions): SpanProcessor {
  const configuration = toConfiguration(options)
  if (runtime.current === undefined) start(configuration, true)
  return {
    ...receiver,
    forceFlush: async () => {
      await flush()
    },
    shutdown: async () => {
      await shutdown()
    },
  }
}

/** Gets what an application's provider records. */
const receiver: Pick<SpanProcessor, 'onStart' | 'onEnd'> = {
  onStart: joinRun,
  onEnd: (span) => {
    const readable = readApplicationSpan(span)
    if (readable !== undefined) runtime.current?.delivery?.onEnd(readable)
  },
}

/**
 * A library that sets up OpenTelemetry by itself when a run first uses it, as Genkit does, takes the place of our provider. Where
 * its provider takes processors (SDK 1), its spans reach Weir all the same. What is set up outside runs is the application's, and
 * keeps its spans to itself.
 */
function attachTo(provider: TracerProvider): void {
  if (currentScope().run === undefined) return
  const { addSpanProcessor } = provider as { addSpanProcessor?: (processor: SpanProcessor) => void }
  const { current } = runtime
  if (typeof addSpanProcessor !== 'function' || current === undefined) return
  const settled = async () => {}
  addSpanProcessor.call(provider, { ...receiver, forceFlush: settled, shutdown: settled })
  runtime.current = { ...current, attached: true }
}

function start(configuration: Configuration, attached: boolean): void {
  const delivery = configuration.disabled ? undefined : createDelivery(configuration)
  const globals = configuration.disabled
    ? undefined
    : prepareGlobals(configuration.global && !attached, attachTo)
  const undo = [
    delivery === undefined ? () => {} : sendBeforeExit(delivery),
    propagateTo(configuration.disabled ? [] : configuration.propagateTo),
  ]
  const { flush: mode } = configuration
  const deliver = async () => delivery?.flush(RUN_TIMEOUT)
  runtime.current = {
    capture: configuration.capture,
    resource: detectResource(configuration.resource),
    resourceOptions: configuration.resource,
    delivery,
    attached,
    mirrored: !configuration.disabled && !configuration.urlIsApplications,
    frameworks: configuration.frameworkSpans,
    deliverRun: mode === 'background' ? undefined : mode === 'await' ? deliver : () => void mode(deliver()),
    beforeFirstSpan: () => globals?.take(),
    shutdown: async () => {
      for (const one of undo) one()
      globals?.release()
      await delivery?.shutdown()
    },
  }
}

/** Milliseconds that the end of a run waits for its delivery, where it does. */
const RUN_TIMEOUT = 5_000

function createDelivery(configuration: Configuration): Delivery | undefined {
  const { exporter, batch, maxQueueSize: maxSize, urlIsApplications } = configuration
  if (exporter !== undefined) {
    return batch ? new ExportQueue(exporter, { maxSize }) : new DirectExport(exporter)
  }
  const own = collectorExporter(configuration)
  // Whoever listens at an address of OpenTelemetry's may not know spans that have not ended.
  return own === undefined ? undefined : new ExportQueue(own, { maxSize, sendsStarts: !urlIsApplications })
}

function collectorExporter({ url, headers }: Configuration): OtlpExporter | undefined {
  if (url === undefined) return undefined
  try {
    return new OtlpExporter(url, headers)
  } catch (error) {
    warn('headers', `${(error as Error).message}: see OTEL_EXPORTER_OTLP_HEADERS; nothing is sent`)
    return undefined
  }
}

const KNOWN = new Set(['timeout'])

/** Sends what waits, for at most `timeout` (default 5 s). Never rejects; the result says what became of the spans. */
export async function flush(options: { readonly timeout?: Duration | undefined } = {}): Promise<FlushResult> {
  checkKnown('options', options, KNOWN)
  const timeout = toMilliseconds(options.timeout ?? '5s', 'timeout')
  return (await runtime.current?.delivery?.flush(timeout)) ?? NOTHING
}

/** Flushes, then stops: flows still run, but are recorded no more until the next {@link init}. */
export async function shutdown(
  options: { readonly timeout?: Duration | undefined } = {},
): Promise<FlushResult> {
  const result = await flush(options)
  const { current } = runtime
  runtime.current = undefined
  await current?.shutdown()
  return result
}
