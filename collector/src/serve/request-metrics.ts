import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Signal } from './signals.ts'

export type Transport = 'http' | 'grpc'

/** How one request ended. */
export interface EndedRequest {
  readonly transport: Transport
  readonly signal: Signal
  /** `protobuf`, `json`, or `unknown` where the request did not say. */
  readonly encoding: string
  /** As the sender named it, one of those that are understood, or `unknown`. */
  readonly compression: string
  /** HTTP status code, gRPC status name, or `aborted` where the sender went away. */
  readonly status: string
  /** Why it was not answered with success, one of a fixed set. */
  readonly reason: string | undefined
  /** Bytes of the body on the wire. */
  readonly bytes: number
  readonly seconds: number
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Tally {
  readonly labels: Record<string, string>
  count: number
}

/** Requests for traces, of all transports, and how many there were for what is ignored. */
export class RequestMetrics {
  readonly #requests = new Map<string, Tally>()
  readonly #bytes = new Map<string, Tally>()
  readonly #errors = new Map<string, Tally>()
  readonly #ignored = new Map<string, Tally>()
  readonly #inFlight: Partial<Record<Transport, number>> = {}
  readonly #seconds: Histogram

  constructor(registry: Registry) {
    const registers = [registry]
    tallied(
      registry,
      'weir_requests_total',
      'Requests for traces by transport, encoding and status: HTTP code, gRPC name, or aborted',
      ['transport', 'encoding', 'status'],
      this.#requests,
    )
    tallied(
      registry,
      'weir_request_bytes_total',
      'Bytes of request bodies as they came over the wire',
      ['transport', 'encoding', 'compression'],
      this.#bytes,
    )
    tallied(
      registry,
      'weir_request_errors_total',
      'Requests that were not answered with success, by reason',
      ['transport', 'reason'],
      this.#errors,
    )
    tallied(
      registry,
      'weir_requests_ignored_total',
      'Requests with metrics or logs, which were answered with success and are not kept',
      ['transport', 'signal'],
      this.#ignored,
    )
    const inFlight = this.#inFlight
    new Gauge({
      name: 'weir_requests_in_flight',
      help: 'Requests that are being received or wait for their acknowledgement',
      labelNames: ['transport'],
      registers,
      collect() {
        for (const [transport, count] of Object.entries(inFlight)) this.set({ transport }, count)
      },
    })
    this.#seconds = new Histogram({
      name: 'weir_request_duration_seconds',
      help: 'From a request to its answer',
      buckets: SECONDS,
      registers,
    })
  }

  begin(transport: Transport): void {
    this.#inFlight[transport] = (this.#inFlight[transport] ?? 0) + 1
  }

  end({ transport, signal, encoding, compression, status, reason, bytes, seconds }: EndedRequest): void {
    this.#inFlight[transport]! -= 1
    if (signal !== 'traces') {
      if (reason === undefined) add(this.#ignored, 1, { transport, signal })
      else this.fail(transport, reason)
      return
    }
    this.#seconds.observe(seconds)
    add(this.#requests, 1, { transport, encoding, status })
    if (bytes > 0) add(this.#bytes, bytes, { transport, encoding, compression })
    if (reason !== undefined) this.fail(transport, reason)
  }

  /** What came was no request that could begin. */
  fail(transport: Transport, reason: string): void {
    add(this.#errors, 1, { transport, reason })
  }
}

/** Adding to a counter of prom-client sorts and joins its labels each time: that is left to the scrape. */
function add(tallies: Map<string, Tally>, count: number, labels: Record<string, string>): void {
  let key = ''
  for (const name in labels) key += `${labels[name]} `
  const tally = tallies.get(key)
  if (tally === undefined) tallies.set(key, { labels, count })
  else tally.count += count
}

function tallied(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  tallies: ReadonlyMap<string, Tally>,
): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      for (const { labels, count } of tallies.values()) this.inc(labels, count)
    },
  })
}
