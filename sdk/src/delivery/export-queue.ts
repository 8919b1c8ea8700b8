import { setBackgroundTimer } from '../platform.ts'
import type { ReadableSpan, RecordedSpan } from '../spans/span.ts'
import { warn, warnOfTotal } from '../warn.ts'
import { type Delivery, type FlushResult, within } from './delivery.ts'
import { exportBatch, type Failure } from './export-batch.ts'
import { OpenSpans } from './open-spans.ts'
import type { OtlpRequest } from './otlp-exporter.ts'
import { sendSynchronously } from './send-synchronously.ts'
import type { SpanExporter } from './span-exporter.ts'

const BATCH = 512
/** Requests under way at once, while all goes well. */
const MAX_REQUESTS = 4
/** Spans that are sent while the process ends. */
const MAX_AT_EXIT = 2_048
/** Milliseconds. What a collector asks for is honoured up to here. */
const MAX_RETRY_AFTER = 300_000

/** Milliseconds. */
export interface Pace {
  /** That a span waits for company. */
  readonly linger: number
  /** After the first failure; it doubles with each further one. A random part of it, up to half, is left out. */
  readonly firstDelay: number
  readonly maxDelay: number
}

const PACE: Pace = { linger: 1_000, firstDelay: 500, maxDelay: 30_000 }

export interface QueueOptions {
  /** Spans that may wait. */
  readonly maxSize: number
  /** Send spans that have not ended, too. */
  readonly sendsStarts?: boolean
  readonly pace?: Pace
}

/** An exporter whose request can be sent in another way. */
type QueueExporter = SpanExporter & { requestOf?(spans: readonly ReadableSpan[]): OtlpRequest }

/**
 * Batches with a bounded queue. Unlike OpenTelemetry's batch processor it keeps what could not be delivered until the queue is
 * full, counts what it loses, and owns no timer that would keep a process alive.
 *
 * While tries fail, only the clock and `flush` make the next one: spans that end meanwhile wait for it.
 */
export class ExportQueue implements Delivery {
  readonly #exporter: QueueExporter
  readonly #maxSize: number
  readonly #pace: Pace
  readonly #open: OpenSpans | undefined
  readonly #waiting: ReadableSpan[] = []
  readonly #inFlight: Set<ReadableSpan[]> = new Set()
  #spansInFlight = 0
  /** For the next send in the background. Invariant: it is set or a send is under way while anything waits. */
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Loops that send batch after batch. */
  #senders = 0
  #idle: PromiseWithResolvers<void> | undefined
  /** Resolved when a batch in flight is settled or kept. */
  #answered: PromiseWithResolvers<void> | undefined
  /** What each `flush` waits for. */
  readonly #awaited: Set<Set<ReadableSpan>> = new Set()
  /** Tries in a row that failed. */
  #failures = 0
  /** When the next try is due, by `performance.now()`. */
  #retryAt = 0
  /** Before this the collector does not want to hear from us. */
  #notBefore = 0
  /** Halved where fewer spans may pass, doubled with what passed. */
  #batchSize = BATCH
  #accepted = 0
  #exported = 0
  #lost = 0
  /** Since the start; `#lost` counts from flush to flush. */
  #lostInAll = 0
  #reason: string | undefined
  #closed = false

  constructor(exporter: QueueExporter, { maxSize, sendsStarts = false, pace = PACE }: QueueOptions) {
    this.#exporter = exporter
    this.#maxSize = maxSize
    this.#pace = pace
    if (sendsStarts) this.#open = new OpenSpans((spans) => this.#sendStarts(spans))
  }

  /** Spans not delivered yet. */
  get size(): number {
    return this.#waiting.length + this.#spansInFlight
  }

  get accepted(): number {
    return this.#accepted
  }

  onStart(span: RecordedSpan): void {
    if (!this.#closed) this.#open?.add(span)
  }

  onEnd(span: ReadableSpan): void {
    this.#open?.delete(span)
    if (this.#closed) return
    if (this.size >= this.#maxSize) {
      this.#lose(1, `${this.#maxSize} were waiting, as many as the queue holds`)
      return
    }
    this.#accepted += 1
    this.#waiting.push(span)
    if (this.#failures > 0) return
    if (this.#waiting.length >= BATCH) this.#addSender()
    else if (this.#senders === 0 && this.#timer === undefined) this.#schedule(this.#pace.linger)
  }

  /**
   * Sends what waits: at once unless the collector asked for time, then with growing delays until the time is up. What
   * comes meanwhile is not pending. Never rejects.
   */
  async flush(timeout: number): Promise<FlushResult> {
    const deadline = performance.now() + timeout
    const awaited = new Set(this.#waiting)
    for (const batch of this.#inFlight) for (const span of batch) awaited.add(span)
    this.#awaited.add(awaited)
    let due = this.#notBefore
    while (awaited.size > 0) {
      const wait = Math.min(due, deadline) - performance.now()
      if (wait > 0) {
        await within(wait)
        continue
      }
      if (performance.now() >= deadline) break
      void this.send()
      this.#answered ??= Promise.withResolvers()
      await within(deadline - performance.now(), this.#answered.promise)
      due = this.#retryAt
    }
    this.#awaited.delete(awaited)
    return this.#takeResult(awaited.size)
  }

  async shutdown(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#open?.clear()
    if (this.size > 0) warn('exit', `spans not delivered before the shutdown: ${this.size}`)
    try {
      await this.#exporter.shutdown()
    } catch (error) {
      warn('shutdown', `the exporter did not shut down: ${String(error)}`)
    }
  }

  /** Sends batch after batch until nothing waits or one fails. Never rejects. */
  send(): Promise<void> {
    if (this.#waiting.length > 0 && this.#senders === 0) this.#addSender()
    return this.#idle?.promise ?? Promise.resolve()
  }

  sendAtExit(): void {
    const spans = [...this.#inFlight, this.#waiting, this.#open?.unfinished() ?? []].flat()
    if (spans.length === 0) return
    const failure = this.#sendNow(spans.slice(0, MAX_AT_EXIT))
    const unsent = failure === undefined ? spans.length - MAX_AT_EXIT : spans.length
    const reason = failure ?? `${MAX_AT_EXIT} are sent while it ends`
    if (unsent > 0) warn('exit', `spans not delivered before the process ended: ${unsent} (${reason})`)
    this.#waiting.length = 0
  }

  /** Gives why it failed. */
  #sendNow(spans: readonly ReadableSpan[]): string | undefined {
    if (this.#failures > 0) return this.#reason ?? 'the tries before failed'
    if (this.#exporter.requestOf === undefined) return 'the exporter takes none while it ends'
    try {
      return sendSynchronously(this.#exporter.requestOf(spans))
    } catch (error) {
      return String(error)
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
    this.#timer = setBackgroundTimer(() => {
      this.#timer = undefined
      void this.send()
    }, delay)
  }

  #addSender(): void {
    // While tries fail, one at a time finds out whether they still do.
    if (this.#senders >= (this.#failures > 0 ? 1 : MAX_REQUESTS)) return
    this.#idle ??= Promise.withResolvers()
    this.#senders += 1
    void this.#sendBatches()
  }

  /** The last sender ends in the moment that nothing waits: what comes right after begins anew. */
  async #sendBatches(): Promise<void> {
    while (this.#waiting.length > 0) {
      const goOn = await this.#sendBatch(this.#waiting.splice(0, this.#batchSize))
      if (!goOn || this.#failures > 0) break
    }
    this.#senders -= 1
    if (this.#senders > 0) return
    if (this.#failures === 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    this.#idle?.resolve()
    this.#idle = undefined
  }

  /** Gives false if the next try must wait. */
  async #sendBatch(batch: ReadableSpan[]): Promise<boolean> {
    this.#inFlight.add(batch)
    this.#spansInFlight += batch.length
    const failure = await exportBatch(this.#exporter, batch)
    this.#inFlight.delete(batch)
    this.#spansInFlight -= batch.length
    const goOn = failure === undefined ? this.#settle(batch) : this.#keepOrLose(batch, failure)
    this.#answered?.resolve()
    this.#answered = undefined
    return goOn
  }

  #keepOrLose(batch: ReadableSpan[], failure: Failure): boolean {
    this.#reason = failure.reason
    if (failure.rejected !== undefined) return this.#settle(batch, failure)
    if (failure.divisible) this.#batchSize = Math.ceil(batch.length / 2)
    if (failure.final && (!failure.divisible || batch.length === 1)) {
      this.#forget(batch)
      this.#lose(batch.length, failure.reason)
      return true
    }
    this.#waiting.unshift(...batch)
    if (failure.final) return true
    this.#backOff(failure.retryAfter ?? 0)
    warn('export', `traces are not delivered, will try again: ${failure.reason}`)
    return false
  }

  #settle(batch: ReadableSpan[], { rejected = 0, reason = '' }: Partial<Failure> = {}): true {
    const lost = Math.min(rejected, batch.length)
    this.#forget(batch)
    this.#exported += batch.length - lost
    if (lost > 0) this.#lose(lost, reason)
    this.#failures = 0
    this.#retryAt = 0
    this.#notBefore = 0
    this.#batchSize = Math.min(this.#batchSize * 2, BATCH)
    return true
  }

  /** Nobody waits for these any more. */
  #forget(batch: ReadableSpan[]): void {
    for (const awaited of this.#awaited) for (const span of batch) awaited.delete(span)
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

  /** Starts are not counted: what they say, the end says again. While tries fail they are not sent. */
  async #sendStarts(spans: ReadableSpan[]): Promise<boolean> {
    return this.#failures === 0 && (await exportBatch(this.#exporter, spans)) === undefined
  }
}
