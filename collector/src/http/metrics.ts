import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { LedgerSnapshot } from '../writer/ledger.ts'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What the collector says about itself in Prometheus' text format. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #read: () => { readonly ledger: LedgerSnapshot; readonly pendingBytes: number }
  #scrape: Promise<unknown> = Promise.resolve()
  readonly #received = this.#counter('weir_spans_received_total', 'Spans of requests that could be decoded')
  readonly #stored = this.#counter('weir_spans_stored_total', 'Spans that ClickHouse has')
  readonly #rejected = this.#counter('weir_spans_rejected_total', 'Spans that were refused', ['reason'])
  readonly #pending = this.#gauge(
    'weir_spans_pending',
    'Spans that are received, neither stored nor rejected yet',
  )
  readonly #pendingBytes = this.#gauge('weir_pending_bytes', 'Bytes of pending spans')
  readonly #requests = this.#counter(
    'weir_requests_total',
    'Requests to /v1/traces by status code, or aborted',
    ['status'],
  )
  readonly #requestSeconds = this.#histogram('weir_request_duration_seconds', 'From a request to its ack')
  readonly #insertSeconds = this.#histogram('weir_insert_duration_seconds', 'Inserts into ClickHouse')

  constructor(read: () => { readonly ledger: LedgerSnapshot; readonly pendingBytes: number }) {
    this.#read = read
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  observeRequest(status: string, seconds: number): void {
    this.#requests.inc({ status })
    this.#requestSeconds.observe(seconds)
  }

  observeInsert(seconds: number): void {
    this.#insertSeconds.observe(seconds)
  }

  /** One scrape at a time, each from one snapshot: received = stored + rejected + pending holds in every text. */
  text(): Promise<string> {
    const next = this.#scrape.then(() => {
      this.#takeSnapshot()
      return this.#registry.metrics()
    })
    this.#scrape = next.catch(() => undefined)
    return next
  }

  #takeSnapshot(): void {
    const { ledger, pendingBytes } = this.#read()
    set(this.#received, ledger.received)
    set(this.#stored, ledger.stored)
    this.#rejected.reset()
    for (const [reason, spans] of Object.entries(ledger.rejected)) this.#rejected.inc({ reason }, spans)
    this.#pending.set(ledger.pending)
    this.#pendingBytes.set(pendingBytes)
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.#registry] })
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets: SECONDS, registers: [this.#registry] })
  }
}

function set(counter: Counter, value: number): void {
  counter.reset()
  counter.inc(value)
}
