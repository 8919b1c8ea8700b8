import { context, TraceFlags } from '@opentelemetry/api'
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { type Delivery, type FlushResult, within } from './delivery.ts'
import { warn } from './warn.ts'

const BATCH = 512
/** Milliseconds that a span waits for company. */
const LINGER = 1_000
const MAX_BACKOFF = 30_000
/** Tries of one batch before it counts as lost. */
const MAX_TRIES = 10

/**
 * A batch processor with a bounded queue. Unlike OpenTelemetry's it keeps what a stopped collector refused, counts what
 * it loses, and owns no timer that would keep a process alive.
 */
export class ExportQueue implements Delivery {
  readonly #exporter: SpanExporter
  readonly #maxSize: number
  readonly #waiting: ReadableSpan[] = []
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  /** Resolved when the batch in flight is settled or kept. */
  #answered: PromiseWithResolvers<void> | undefined
  /** Failures in a row of the batch at the head. */
  #failures = 0
  #inFlight = 0
  #accepted = 0
  #settled = 0
  #exported = 0
  #lost = 0
  #reason: string | undefined
  #closed = false

  constructor(exporter: SpanExporter, maxSize: number) {
    this.#exporter = exporter
    this.#maxSize = maxSize
  }

  /** Spans not delivered yet. */
  get size(): number {
    return this.#waiting.length + this.#inFlight
  }

  get accepted(): number {
    return this.#accepted
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#closed || (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
    if (this.size >= this.#maxSize) {
      this.#lose(1, `more than ${this.#maxSize} spans were waiting`)
      return
    }
    this.#accepted += 1
    this.#waiting.push(span)
    if (this.#waiting.length >= BATCH && this.#failures === 0) this.#sendInBackground()
    else this.#arm(LINGER)
  }

  /** Sends what waits; tries again until the time is up. What comes meanwhile is not pending. Never rejects. */
  async flush(timeout: number): Promise<FlushResult> {
    const deadline = performance.now() + timeout
    const asked = this.#accepted
    while (this.#settled < asked) {
      const left = deadline - performance.now()
      if (left <= 0) break
      this.#sendInBackground()
      this.#answered ??= Promise.withResolvers()
      await within(left, this.#answered.promise)
      if (this.#failures > 0) await within(Math.min(250, deadline - performance.now()))
    }
    return this.#takeResult(Math.max(0, asked - this.#settled))
  }

  async forceFlush(): Promise<void> {
    await this.flush(5_000)
  }

  async shutdown(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    try {
      await this.#exporter.shutdown()
    } catch (error) {
      warn('shutdown', `the exporter did not shut down: ${String(error)}`)
    }
  }

  #takeResult(pending: number): FlushResult {
    const reason = this.#reason === undefined ? {} : { reason: this.#reason }
    const result = { exported: this.#exported, lost: this.#lost, pending, ...reason }
    this.#exported = 0
    this.#lost = 0
    this.#reason = undefined
    return result
  }

  #arm(delay: number): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#sendInBackground()
    }, delay).unref()
  }

  #sendInBackground(): void {
    void this.send()
  }

  /** Sends batch after batch until nothing waits or one fails; one sender at a time. Never rejects. */
  send(): Promise<void> {
    if (this.#sending === undefined && this.#waiting.length > 0) this.#sending = this.#sendAll()
    return this.#sending ?? Promise.resolve()
  }

  /** It is over in the moment that nothing waits: what comes right after begins anew. */
  async #sendAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await this.#sendBatch(this.#waiting.splice(0, BATCH))
        if (this.#failures > 0) return
      }
    } finally {
      this.#sending = undefined
    }
  }

  async #sendBatch(batch: ReadableSpan[]): Promise<void> {
    this.#inFlight = batch.length
    const failure = await this.#export(batch)
    this.#inFlight = 0
    if (failure === undefined) {
      this.#failures = 0
      this.#exported += batch.length
      this.#settled += batch.length
    } else this.#keepOrLose(batch, failure)
    this.#answered?.resolve()
    this.#answered = undefined
  }

  #keepOrLose(batch: ReadableSpan[], failure: Failure): void {
    this.#failures += 1
    this.#reason = failure.reason
    if (failure.final || this.#failures >= MAX_TRIES) {
      this.#failures = 0
      this.#settled += batch.length
      this.#lose(batch.length, failure.reason)
      return
    }
    this.#waiting.unshift(...batch)
    warn('export', `traces are not delivered, will try again: ${failure.reason}`)
    this.#arm(Math.min(LINGER * 2 ** (this.#failures - 1), MAX_BACKOFF))
  }

  #lose(spans: number, reason: string): void {
    this.#lost += spans
    this.#reason = reason
    warn('lost', `spans lost: ${this.#lost} (${reason})`)
  }

  async #export(batch: ReadableSpan[]): Promise<Failure | undefined> {
    try {
      await resourcesOf(batch)
      const result = await new Promise<ExportResult>((resolve) => {
        context.with(suppressTracing(context.active()), () => this.#exporter.export(batch, resolve))
      })
      return result.code === ExportResultCode.SUCCESS ? undefined : toFailure(result.error)
    } catch (error) {
      return { ...toFailure(error), final: true }
    }
  }
}

/** Detectors of the application's resource may still be at work. */
async function resourcesOf(batch: readonly ReadableSpan[]): Promise<void> {
  let last: ReadableSpan['resource'] | undefined
  for (const { resource } of batch) {
    if (resource !== last && resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.()
    last = resource
  }
}

interface Failure {
  readonly reason: string
  /** Another try would fail as well. */
  readonly final: boolean
}

/** The OTLP exporter puts the HTTP status in `code` only where the status forbids another try. */
function toFailure(error: unknown): Failure {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  const status = typeof code === 'number' ? `HTTP ${code} ` : typeof code === 'string' ? `${code} ` : ''
  const hint = code === 401 ? ', expected a valid key in WEIR_API_KEY: `weir keys create` makes one' : ''
  return { reason: `${status}${message || 'no reason given'}${hint}`, final: typeof code === 'number' }
}
