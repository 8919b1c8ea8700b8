import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError, UsageError } from '@weir/config'
import { requestOf } from './batch.ts'
import type { OwnedSpan } from './span-file.ts'

/** Answers after which the same request is sent again, opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE = new Set([429, 502, 503, 504])
const REQUEST_TIMEOUT = 30_000
const FIRST_DELAY = 1_000
const MAX_DELAY = 10_000

export interface SenderOptions {
  /** Base URL of the collector. */
  readonly endpoint: string
  readonly apiKey: string | undefined
  /** Milliseconds for which a batch that is not taken is sent again and again. */
  readonly timeoutMs: number
}

/** Sends batches to a collector over OTLP/HTTP, one at a time. */
export class Sender {
  /** Spans that the collector refused for their ids. */
  rejected = 0
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeoutMs: number
  #wasAnswered = false

  constructor({ endpoint, apiKey, timeoutMs }: SenderOptions) {
    this.#url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
    this.#headers = {
      'content-type': 'application/json',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    }
    this.#timeoutMs = timeoutMs
  }

  /** Resolves once the collector has the spans, or has refused them for their ids. @throws WeirError */
  async send(spans: readonly OwnedSpan[]): Promise<void> {
    const response = await this.#post(requestOf(spans))
    const body = await response.text().catch(() => '')
    if (response.status === 413 && spans.length > 1) {
      const half = spans.length >>> 1
      await this.send(spans.slice(0, half))
      await this.send(spans.slice(half))
    } else if (response.ok) this.rejected += Number(parse(body).partialSuccess?.rejectedSpans ?? 0)
    else throw refusal(this.#url, response.status, parse(body).message ?? body)
  }

  /** The first answer that is final. */
  async #post(body: string): Promise<Response> {
    const deadline = performance.now() + this.#timeoutMs
    for (let delay = FIRST_DELAY; ; delay = Math.min(delay * 2, MAX_DELAY)) {
      const answer = await this.#try(body)
      if (answer instanceof Response && !RETRYABLE.has(answer.status)) return answer
      const wait = waitOf(answer) ?? delay * (0.8 + Math.random() * 0.4)
      // Where nothing has ever answered there is nothing to wait for.
      if (!this.#wasAnswered || performance.now() + wait > deadline) throw unavailable(this.#url, answer)
      await sleep(wait)
    }
  }

  async #try(body: string): Promise<Response | Error> {
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT)
      const response = await fetch(this.#url, { method: 'POST', headers: this.#headers, body, signal })
      this.#wasAnswered = true
      return response
    } catch (error) {
      return error as Error
    }
  }
}

interface Answer {
  readonly partialSuccess?: { readonly rejectedSpans?: string | number }
  readonly message?: string
}

function parse(body: string): Answer {
  try {
    return JSON.parse(body) as Answer
  } catch {
    return {}
  }
}

/** What Retry-After asks for: seconds or a date. */
function waitOf(answer: Response | Error): number | undefined {
  const after = answer instanceof Response ? answer.headers.get('retry-after') : null
  if (after === null) return undefined
  const seconds = Number(after)
  const wait = Number.isNaN(seconds) ? Date.parse(after) - Date.now() : seconds * 1000
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}

function unavailable(url: string, answer: Response | Error): Error {
  if (answer instanceof Response)
    return new InfrastructureError(`the collector at ${url} takes no spans now (HTTP ${answer.status})`)
  const { message } = (answer.cause as Error | undefined) ?? answer
  return new InfrastructureError(
    `no collector answers at ${url} (${message}): start Weir with "weir up", or set WEIR_ENDPOINT`,
    { cause: answer },
  )
}

function refusal(url: string, status: number, message: string): Error {
  if (status === 401 || status === 403)
    return new UsageError(
      `the collector at ${url} does not accept the API key: set WEIR_API_KEY (${message})`,
    )
  if (status >= 500)
    return new InfrastructureError(`the collector at ${url} failed (HTTP ${status}): ${message}`)
  return new UsageError(`the collector at ${url} refuses the spans (HTTP ${status}): ${message}`)
}
