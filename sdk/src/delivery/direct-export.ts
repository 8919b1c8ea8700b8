import { context } from '@opentelemetry/api'
import { untraced } from '../opentelemetry/suppression.ts'
import type { ReadableSpan } from '../spans/span.ts'
import { warn, warnOfTotal } from '../warn.ts'
import { type Delivery, type FlushResult, within } from './delivery.ts'
import type { SpanExporter } from './span-exporter.ts'

/** Hands each span to the exporter as soon as it ends. */
export class DirectExport implements Delivery {
  readonly #exporter: SpanExporter
  #accepted = 0
  #settled = 0
  #exported = 0
  #lost = 0
  /** Since the start; `#lost` counts from flush to flush. */
  #lostInAll = 0
  #reason: string | undefined
  #idle: PromiseWithResolvers<void> | undefined

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter
  }

  get size(): number {
    return this.#accepted - this.#settled
  }

  get accepted(): number {
    return this.#accepted
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.#accepted += 1
    try {
      context.with(untraced(), () => {
        this.#exporter.export([span], ({ code, error }) => {
          this.#count(code === 0 ? undefined : (error ?? 'no reason given'))
        })
      })
    } catch (error) {
      this.#count(error)
    }
  }

  async send(): Promise<void> {
    if (this.size === 0) return
    this.#idle ??= Promise.withResolvers()
    await this.#idle.promise
  }

  /** It was handed over when it ended. */
  sendAtExit(): void {}

  async flush(timeout: number): Promise<FlushResult> {
    await within(timeout, this.send())
    const reason = this.#reason === undefined ? {} : { reason: this.#reason }
    const result = { exported: this.#exported, lost: this.#lost, pending: this.size, ...reason }
    this.#exported = 0
    this.#lost = 0
    this.#reason = undefined
    return result
  }

  async shutdown(): Promise<void> {
    try {
      await this.#exporter.shutdown()
    } catch (error) {
      warn('shutdown', `the exporter did not shut down: ${String(error)}`)
    }
  }

  #count(failure: unknown): void {
    this.#settled += 1
    if (failure === undefined) {
      this.#exported += 1
    } else {
      this.#lost += 1
      this.#lostInAll += 1
      this.#reason = failure instanceof Error ? failure.message : String(failure)
      warnOfTotal('lost', `spans lost: ${this.#lostInAll} (${this.#reason})`)
    }
    if (this.size > 0) return
    this.#idle?.resolve()
    this.#idle = undefined
  }
}
