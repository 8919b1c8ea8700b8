import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

const SPANS = 100
const PAUSE_MS = 50
const RETRY_MS = 200
/** A load is bounded, whatever becomes of the drill. */
const MOST_REQUESTS = 100_000
const SERVICE = 'fault-drill'

/** Sends requests of spans, each again and again until it is acknowledged, as OTLP's senders do. */
export class Load {
  acknowledged = 0
  readonly #url: string
  readonly #sending: Promise<void>
  #isStopping = false

  constructor(collectorUrl: string) {
    this.#url = `${collectorUrl}/v1/traces`
    this.#sending = this.#send()
  }

  /** Resolves once what was begun is acknowledged. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#sending
  }

  async #send(): Promise<void> {
    for (let request = 0; request < MOST_REQUESTS && !this.#isStopping; request++) {
      const body = requestOf(Array.from({ length: SPANS }, () => ({ name: 'drilled' })))
      while ((await post(this.#url, body)) !== 200) await sleep(RETRY_MS)
      this.acknowledged += SPANS
      await sleep(PAUSE_MS)
    }
  }
}

/** SQL for the spans of every load, each counted once. */
export const STORED: string = `SELECT uniqExact(span_id) AS spans FROM spans WHERE service = '${SERVICE}'`

export async function post(url: string, body: string): Promise<number | undefined> {
  const headers = { 'content-type': 'application/json' }
  const signal = AbortSignal.timeout(10_000)
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal })
    await response.text()
    return response.status
  } catch {
    return undefined
  }
}

/** An OTLP/JSON request: each span the root of a trace of its own. @param startMs milliseconds since 1970 */
export function requestOf(
  spans: readonly { readonly name: string; readonly startMs?: number }[],
  service: string = SERVICE,
): string {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] }
  const rows = spans.map(({ name, startMs = Date.now() }) => ({
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs}000000`,
  }))
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: rows }] }] })
}
