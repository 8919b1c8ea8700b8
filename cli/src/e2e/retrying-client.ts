import { setTimeout as sleep } from 'node:timers/promises'

/** opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE = new Set([429, 502, 503, 504])
const PAUSE_MS = 150
const RUN_SPANS = 12
const STEPS = 3
const TOKENS = 7

/** What a client has sent, and what of it was acknowledged. */
export interface Sent {
  /** Ids of the spans of acknowledged requests. */
  readonly acknowledged: Set<string>
  /** Spans of all tries together. */
  tries: number
  repeated: number
}

/**
 * Sends runs of a flow, and repeats each request until it is acknowledged, as OTLP says: after lost connections and
 * the retryable status codes.
 */
export class RetryingClient {
  readonly sent: Sent = { acknowledged: new Set(), tries: 0, repeated: 0 }
  readonly #url: string
  readonly #random: () => number
  readonly #senders: Promise<void>[]
  #isStopping = false

  /** @param pause milliseconds between the requests of one sender, half as long or half as long again */
  constructor(url: string, random: () => number, options: { senders: number; runs: number; pause: number }) {
    this.#url = url
    this.#random = random
    this.#senders = Array.from({ length: options.senders }, () => this.#send(options))
  }

  /** Resolves once all that was begun is acknowledged. */
  async stop(): Promise<Sent> {
    this.#isStopping = true
    await Promise.all(this.#senders)
    return this.sent
  }

  async #send({ runs, pause }: { runs: number; pause: number }): Promise<void> {
    while (!this.#isStopping) {
      const spans = Array.from({ length: runs }, () => this.#run()).flat()
      await this.#untilAcknowledged(requestOf(spans), spans.length)
      for (const { spanId } of spans) this.sent.acknowledged.add(spanId)
      await sleep(pause * (0.5 + this.#random()))
    }
  }

  async #untilAcknowledged(body: string, spans: number): Promise<void> {
    for (;;) {
      this.sent.tries += spans
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${this.#url}/v1/traces`, { method: 'POST', headers, body }).catch(
        () => undefined,
      )
      // The status counts only with its whole answer.
      const text = await response?.text().catch(() => undefined)
      if (response?.status === 200 && text === '{}') return
      if (response && text !== undefined && !RETRYABLE.has(response.status))
        throw new Error(`${response.status} ${text}`)
      this.sent.repeated += 1
      await sleep(PAUSE_MS * (0.5 + this.#random()))
    }
  }

  /** A root, its steps, and spans below them of which each has used tokens. */
  #run(): Span[] {
    const traceId = this.#id(16)
    const now = BigInt(Date.now()) * 1_000_000n
    const rootId = this.#id(8)
    const spans: Span[] = []
    const add = (spanId: string, parentSpanId: string, name: string, attributes: Attributes) => {
      const at = BigInt(spans.length) * 1000n
      const times = { startTimeUnixNano: String(now + at), endTimeUnixNano: String(now + 5_000_000n - at) }
      spans.push({ traceId, spanId, parentSpanId, name, ...times, attributes: attributesOf(attributes) })
    }
    add(rootId, '', 'kept', { 'weir.kind': 'flow', 'weir.flow.name': 'kept' })
    const steps = Array.from({ length: STEPS }, () => this.#id(8))
    for (const [at, id] of steps.entries()) add(id, rootId, `step ${at}`, { 'weir.kind': 'step' })
    while (spans.length < RUN_SPANS) {
      const usage = { 'weir.kind': 'model', 'gen_ai.usage.input_tokens': TOKENS }
      add(this.#id(8), steps[spans.length % STEPS]!, 'chat', usage)
    }
    return spans
  }

  #id(bytes: number): string {
    return Array.from({ length: bytes }, () =>
      Math.floor(this.#random() * 256)
        .toString(16)
        .padStart(2, '0'),
    ).join('')
  }
}

type Attributes = Readonly<Record<string, string | number>>

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly object[]
}

function attributesOf(values: Attributes): object[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }))
}

function requestOf(spans: readonly Span[]): string {
  const resource = { attributes: attributesOf({ 'service.name': 'kill-client' }) }
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })
}
