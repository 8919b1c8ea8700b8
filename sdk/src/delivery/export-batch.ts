import { context } from '@opentelemetry/api'
import { untraced } from '../opentelemetry/suppression.ts'
import { setBackgroundTimer } from '../platform.ts'
import type { ReadableSpan } from '../spans/span.ts'
import { within } from './delivery.ts'
import type { ExportResult, SpanExporter } from './span-exporter.ts'

/** Milliseconds that an exporter may take: one that never answers does not stop delivery. */
const EXPORT_TIMEOUT = 60_000
/** Milliseconds that detectors of an application's resource are waited for. */
const RESOURCE_TIMEOUT = 5_000

/** Hands the spans to the exporter, once. Gives why they did not arrive. Never rejects. */
export async function exportBatch(
  exporter: SpanExporter,
  spans: ReadableSpan[],
): Promise<Failure | undefined> {
  try {
    const pending = new Set(spans.map(({ resource }) => resource).filter((one) => one.asyncAttributesPending))
    if (pending.size > 0) {
      const detected = Array.from(pending, (one) => one.waitForAsyncAttributes?.())
      await within(RESOURCE_TIMEOUT, Promise.allSettled(detected))
    }
    const result = await handOver(exporter, spans)
    return result.code === 0 ? undefined : toFailure(result.error)
  } catch (error) {
    return { ...toFailure(error), final: true, divisible: true }
  }
}

function handOver(exporter: SpanExporter, spans: ReadableSpan[]): Promise<ExportResult> {
  const { promise, resolve } = Promise.withResolvers<ExportResult>()
  let answered = false
  let timer: ReturnType<typeof setTimeout> | undefined
  context.with(untraced(), () => {
    exporter.export(spans, (result) => {
      answered = true
      clearTimeout(timer)
      resolve(result)
    })
  })
  if (!answered) {
    const error = new Error(`no answer within ${EXPORT_TIMEOUT} ms`)
    timer = setBackgroundTimer(() => resolve({ code: 1, error }), EXPORT_TIMEOUT)
  }
  return promise
}

/** Why an export failed, and what that means. */
export interface Failure {
  readonly reason: string
  /** Another try would fail as well. */
  readonly final: boolean
  /** A smaller batch may pass: this one was too large, too slow, or held something that cannot be exported. */
  readonly divisible: boolean
  /** Milliseconds. */
  readonly retryAfter?: number
  /** So many of the spans are lost, the others delivered. */
  readonly rejected?: number
}

/** An OTLP exporter, ours or another, puts the HTTP status in `code` only where the status forbids another try. */
function toFailure(error: unknown): Failure {
  const { code, message, retryAfter, rejected } = (error ?? {}) as Readonly<Record<string, unknown>>
  const status = typeof code === 'number' ? `HTTP ${code} ` : typeof code === 'string' ? `${code} ` : ''
  const isTold = String(message).includes('weir keys create')
  const hint =
    code === 401 && !isTold ? ', expected a valid key in WEIR_API_KEY: `weir keys create` makes one' : ''
  return {
    reason: `${status}${String(message || 'no reason given').trim()}${hint}`,
    final: typeof code === 'number',
    divisible: typeof code === 'number' ? code === 413 : retryAfter === undefined,
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
    ...(typeof rejected === 'number' ? { rejected } : {}),
  }
}
