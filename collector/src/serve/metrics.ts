import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { StorageSnapshot } from '../storage.ts'
import { RequestMetrics } from './request-metrics.ts'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What the collector says about itself in Prometheus' text format. */
export class Metrics {
  readonly #registry = new Registry()
  /** Requests for traces, of all transports. */
  readonly requests: RequestMetrics
  readonly #read: () => StorageSnapshot
  #scrape: Promise<unknown> = Promise.resolve()
  readonly #received = this.#counter('weir_spans_received_total', 'Spans of requests that could be decoded')
  readonly #stored = this.#counter('weir_spans_stored_total', 'Spans that ClickHouse has')
  readonly #rejected = this.#counter('weir_spans_rejected_total', 'Spans that were refused', ['reason'])
  readonly #pending = this.#gauge(
    'weir_spans_pending',
    'Spans that are received, neither stored nor rejected yet',
  )
  readonly #pendingBytes = this.#gauge('weir_pending_bytes', 'Bytes of pending spans')
  readonly #walBytes = this.#gauge('weir_wal_bytes', 'Bytes of the log, quarantine included')
  readonly #walMaxBytes = this.#gauge('weir_wal_max_bytes', 'Bytes at which the log takes nothing more')
  readonly #diskFree = this.#gauge('weir_disk_free_bytes', 'Bytes that are free on the disk of the log')
  readonly #walSegments = this.#gauge('weir_wal_segments', 'Segments that ClickHouse does not have yet')
  readonly #walLag = this.#gauge(
    'weir_wal_lag_seconds',
    'Since the oldest span came that ClickHouse does not have',
  )
  readonly #quarantinedBlocks = this.#gauge(
    'weir_wal_quarantined_blocks',
    'Files of blocks that were set aside',
  )
  readonly #quarantinedSpans = this.#gauge('weir_wal_quarantined_spans', 'Spans that were set aside')
  readonly #quarantinedBytes = this.#gauge('weir_wal_quarantined_bytes', 'Bytes that were set aside')
  readonly #insertErrors = this.#counter('weir_insert_errors_total', 'Inserts that failed and are repeated', [
    'reason',
  ])
  readonly #redacted = this.#counter('weir_redacted_total', 'Values that rules of redaction replaced', [
    'rule',
  ])
  readonly #truncated = this.#counter('weir_truncated_values_total', 'Values that were cut for their size')
  readonly #insertSeconds = this.#histogram('weir_insert_duration_seconds', 'Inserts into ClickHouse')

  constructor(read: () => StorageSnapshot) {
    this.#read = read
    this.requests = new RequestMetrics(this.#registry)
    collectDefaultMetrics({ register: this.#registry })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  observeInsert(seconds: number): void {
    this.#insertSeconds.observe(seconds)
  }

  observeInsertFailure(reason: string): void {
    this.#insertErrors.inc({ reason })
  }

  observeRedaction(rule: string): void {
    this.#redacted.inc({ rule })
  }

  observeTruncation(): void {
    this.#truncated.inc()
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
    const { ledger, wal, pendingBytes, disk } = this.#read()
    set(this.#received, ledger.received)
    set(this.#stored, ledger.stored)
    this.#rejected.reset()
    for (const [reason, spans] of Object.entries(ledger.rejected)) this.#rejected.inc({ reason }, spans)
    this.#pending.set(ledger.pending)
    this.#pendingBytes.set(pendingBytes)
    this.#walBytes.set(wal.bytes)
    this.#walMaxBytes.set(wal.maxBytes)
    if (disk !== undefined) this.#diskFree.set(disk.freeBytes)
    this.#walSegments.set(wal.segments)
    this.#walLag.set(wal.lagSeconds)
    this.#quarantinedBlocks.set(wal.quarantinedBlocks)
    this.#quarantinedSpans.set(wal.quarantinedSpans)
    this.#quarantinedBytes.set(wal.quarantinedBytes)
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
