import { setTimeout as sleep } from 'node:timers/promises'
import { rows, type Store } from '@weir/store'
import type { AckedSample } from './load.ts'

/** Milliseconds from the ack of sampled spans until a query finds them, ascending. */
export interface Lags {
  /** The span, by its id. */
  readonly queryable: readonly number[]
  /** The run that it belongs to. */
  readonly settled: readonly number[]
}

/** So often that what it costs is not what is measured: a query reads a granule of every part. */
const POLL_MS = 250
/** Runs settle seconds later, and looking for them costs more. */
const SETTLED_POLL_MS = 1000
const TIMEOUT_MS = 600_000

/** Looks for acked spans while a load goes on. Its queries are among what the engine does, and counted there. */
export class LagSampler {
  readonly #store: Store
  readonly #queryable: number[] = []
  readonly #settled: number[] = []
  #unseen: AckedSample[] = []
  #unsettled: AckedSample[] = []
  #stopping = false
  readonly #polling: Promise<unknown>

  constructor(store: Store) {
    this.#store = store
    this.#polling = Promise.all([
      this.#poll(POLL_MS, () => this.#lookForSpans()),
      this.#poll(SETTLED_POLL_MS, () => this.#lookForRuns()),
    ])
    this.#polling.catch(() => undefined)
  }

  add(sample: AckedSample): void {
    this.#unseen.push(sample)
  }

  /** The lags since they were last taken. */
  take(): Lags {
    const ascending = (values: number[]) => values.splice(0).sort((a, b) => a - b)
    return { queryable: ascending(this.#queryable), settled: ascending(this.#settled) }
  }

  /** Waits for what was not found yet; fails where a span or its run does not come. */
  async finish(): Promise<void> {
    this.#stopping = true
    await this.#polling
  }

  async #poll(pause: number, look: () => Promise<void>): Promise<void> {
    let deadline = Number.POSITIVE_INFINITY
    for (;;) {
      if (this.#stopping) {
        deadline = Math.min(deadline, Date.now() + TIMEOUT_MS)
        if (this.#unseen.length + this.#unsettled.length === 0) return
        if (Date.now() > deadline) throw new Error(this.#missing())
      }
      await look()
      await sleep(pause)
    }
  }

  async #lookForSpans(): Promise<void> {
    const wanted = this.#unseen
    if (wanted.length === 0) return
    const found = await this.#find('span_id', 'spans', wanted)
    const now = Date.now()
    for (const sample of wanted.filter(({ spanId }) => found.has(spanId))) {
      this.#queryable.push(now - sample.at)
      this.#unsettled.push(sample)
    }
    this.#unseen = this.#unseen.filter(({ spanId }) => !found.has(spanId))
  }

  async #lookForRuns(): Promise<void> {
    const wanted = this.#unsettled
    if (wanted.length === 0) return
    const found = await this.#find('trace_id', 'runs', wanted)
    const now = Date.now()
    for (const sample of wanted.filter(({ traceId }) => found.has(traceId))) {
      this.#settled.push(now - sample.at)
    }
    this.#unsettled = this.#unsettled.filter(({ traceId }) => !found.has(traceId))
  }

  async #find(id: string, table: string, samples: readonly AckedSample[]): Promise<Set<string>> {
    const traces = samples.map(({ traceId }) => `unhex('${traceId}')`).join(', ')
    const found = await rows<{ id: string }>(
      this.#store,
      `SELECT lower(hex(${id})) AS id FROM ${table} WHERE project = 'default' AND trace_id IN (${traces})`,
    )
    return new Set(found.map((row) => row.id))
  }

  #missing(): string {
    const [span] = [...this.#unseen, ...this.#unsettled]
    return `${this.#unseen.length} acked spans cannot be queried and ${this.#unsettled.length} have no run after ${TIMEOUT_MS / 1000} s, among them ${span?.spanId} of trace ${span?.traceId}`
  }
}
