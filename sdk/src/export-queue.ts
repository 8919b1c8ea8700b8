import { context, TraceFlags } from '@opentelemetry/api'
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { type Delivery, type FlushResult, within } from './delivery.ts'
import { warn, warnOfTotal } from './warn.ts'

const BATCH = 512
/** Milliseconds. What a collector asks for is honoured up to here. */
const MAX_RETRY_AFTER = 300_000
/** Milliseconds that an exporter may take: one that never answers does not stop delivery. */
const EXPORT_TIMEOUT = 60_000
/** Milliseconds that detectors of the application's resource are waited for. */
const RESOURCE_TIMEOUT = 5_000

/** Milliseconds. */
export interface Pace {
  /** That a span waits for company. */
  readonly linger: number
  /** After the first failure; it doubles with each further one. A random part of it, up to half, is left out. */
  readonly firstDelay: number
  readonly maxDelay: number
}

const PACE: Pace = { linger: 1_000, firstDelay: 500, maxDelay: 30_000 }

/**
 * A batch processor with a bounded queue. Unlike OpenTelemetry's it keeps what could not be delivered until the queue is
 * full, counts what it loses, and owns no timer that would keep a process alive.
 *
 * While tries fail, only the clock and `flush` make the next one: spans that end meanwhile wait for it.
 */
export class ExportQueue implements Delivery {
  readonly #exporter: SpanExporter
  readonly #maxSize: number
  readonly #pace: Pace
  readonly #waiting: ReadableSpan[] = []
  /** For the next send in the background. Invariant: it is set or a send is under way while anything waits. */
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  /** Resolved when the batch in flight is settled or kept. */
  #answered: PromiseWithResolvers<void> | undefined
  /** Tries in a row that failed. */
  #failures = 0
  /** When the next try is due, by `performance.now()`. */
  #retryAt = 0
  /** Before this the collector does not want to hear from us. */
  #notBefore = 0
  /** Halved where fewer spans may pass, doubled with what passed. */
  #batchSize = BATCH
  #inFlight = 0
  #accepted = 0
  #settled = 0
  #exported = 0
  #lost = 0
  /** Since the start; `#lost` counts from flush to flush. */
  #lostInAll = 0
  #reason: string | undefined
  #closed = false

  constructor(exporter: SpanExporter, maxSize: number, pace: Pace = PACE) {
    this.#exporter = exporter
    this.#maxSize = maxSize
    this.#pace = pace
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
      this.#lose(1, `${this.#maxSize} were waiting, as many as the queue holds`)
      return
    }
    this.#accepted += 1
    this.#waiting.push(span)
    if (this.#sending !== undefined || this.#failures > 0) return
    if (this.#waiting.length >= BATCH) this.#sendInBackground()
    else if (this.#timer === undefined) this.#schedule(this.#pace.linger)
  }

  /**
   * Sends what waits: at once unless the collector asked for time, then with growing delays until the time is up. What
   * comes meanwhile is not pending. Never rejects.
   */
  async flush(timeout: number): Promise<FlushResult> {
    const deadline = performance.now() + timeout
    const asked = this.#accepted
    let due = this.#notBefore
    while (this.#settled < asked) {
      const wait = Math.min(due, deadline) - performance.now()
      if (wait > 0) {
        await within(wait)
        continue
      }
      if (performance.now() >= deadline) break
      this.#sendInBackground()
      this.#answered ??= Promise.withResolvers()
      await within(deadline - performance.now(), this.#answered.promise)
      due = this.#retryAt
    }
    return this.#takeResult(Math.max(0, asked - this.#settled))
  }

  async forceFlush(): Promise<void> {
    await this.flush(5_000)
  }

  async shutdown(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    if (this.size > 0) warn('exit', `spans not delivered before the shutdown: ${this.size}`)
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

  #schedule(delay: number): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    this.#timer = setTimeout(() => {
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
        if (!(await this.#sendBatch(this.#waiting.splice(0, this.#batchSize)))) return
      }
      this.#recover()
      clearTimeout(this.#timer)
      this.#timer = undefined
    } finally {
      this.#sending = undefined
    }
  }

  /** Gives false if the next try must wait. */
  async #sendBatch(batch: ReadableSpan[]): Promise<boolean> {
    this.#inFlight = batch.length
    const failure = await this.#export(batch)
    this.#inFlight = 0
    const goOn = failure === undefined ? this.#settle(batch.length) : this.#keepOrLose(batch, failure)
    this.#answered?.resolve()
    this.#answered = undefined
    return goOn
  }

  #keepOrLose(batch: ReadableSpan[], failure: Failure): boolean {
    this.#reason = failure.reason
    if (failure.rejected !== undefined) return this.#settle(batch.length, failure)
    if (failure.divisible) this.#batchSize = Math.ceil(batch.length / 2)
    if (failure.final && (!failure.divisible || batch.length === 1)) {
      this.#settled += batch.length
      this.#lose(batch.length, failure.reason)
      return true
    }
    this.#waiting.unshift(...batch)
    if (failure.final) return true
    this.#backOff(failure.retryAfter ?? 0)
    warn('export', `traces are not delivered, will try again: ${failure.reason}`)
    return false
  }

  #settle(spans: number, { rejected = 0, reason = '' }: Partial<Failure> = {}): true {
    const lost = Math.min(rejected, spans)
    this.#settled += spans
    this.#exported += spans - lost
    if (lost > 0) this.#lose(lost, reason)
    this.#recover()
    this.#batchSize = Math.min(this.#batchSize * 2, BATCH)
    return true
  }

  #recover(): void {
    this.#failures = 0
    this.#retryAt = 0
    this.#notBefore = 0
  }

  #backOff(retryAfter: number): void {
    const { firstDelay, maxDelay } = this.#pace
    const longest = Math.min(firstDelay * 2 ** this.#failures, maxDelay)
    const asked = Math.min(retryAfter, MAX_RETRY_AFTER)
    const delay = Math.max(longest * (0.5 + Math.random() / 2), asked)
    const now = performance.now()
    this.#failures += 1
    this.#retryAt = now + delay
    this.#notBefore = now + asked
    this.#schedule(delay)
  }

  #lose(spans: number, reason: string): void {
    this.#lost += spans
    this.#lostInAll += spans
    this.#reason = reason
    warnOfTotal('lost', `spans lost: ${this.#lostInAll} (${reason})`)
  }

  async #export(batch: ReadableSpan[]): Promise<Failure | undefined> {
    try {
      if (batch.some(({ resource }) => resource.asyncAttributesPending)) {
        await within(RESOURCE_TIMEOUT, resourcesOf(batch))
      }
      const result = await this.#hand(batch)
      return result.code === ExportResultCode.SUCCESS ? undefined : toFailure(result.error)
    } catch (error) {
      return { ...toFailure(error), final: true, divisible: true }
    }
  }

  #hand(batch: ReadableSpan[]): Promise<ExportResult> {
    const { promise, resolve } = Promise.withResolvers<ExportResult>()
    let answered = false
    let timer: NodeJS.Timeout | undefined
    context.with(suppressTracing(context.active()), () => {
      this.#exporter.export(batch, (result) => {
        answered = true
        clearTimeout(timer)
        resolve(result)
      })
    })
    if (!answered) {
      const error = new Error(`no answer within ${EXPORT_TIMEOUT} ms`)
      const late = { code: ExportResultCode.FAILED, error }
      timer = setTimeout(() => resolve(late), EXPORT_TIMEOUT).unref()
    }
    return promise
  }
}

/** Detectors of the application's resource may still be at work. Never rejects. */
async function resourcesOf(batch: readonly ReadableSpan[]): Promise<void> {
  const resources = new Set(batch.map(({ resource }) => resource))
  await Promise.allSettled(Array.from(resources, (resource) => resource.waitForAsyncAttributes?.()))
}

interface Failure {
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
  const hint = code === 401 ? ', expected a valid key in WEIR_API_KEY: `weir keys create` makes one' : ''
  return {
    reason: `${status}${message || 'no reason given'}${hint}`,
    final: typeof code === 'number',
    divisible: typeof code === 'number' ? code === 413 : retryAfter === undefined,
    ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
    ...(typeof rejected === 'number' ? { rejected } : {}),
  }
}
