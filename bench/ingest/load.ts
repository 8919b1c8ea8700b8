import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from './connection.ts'
import { identityOf, type SpanIdentity } from './identity.ts'
import { type Encoding, Request, Template } from './request.ts'
import { type ShapeName, SPANS_PER_TRACE } from './shape.ts'

/** What a generator sends. */
export interface LoadPlan {
  /** Base URL of the collector. */
  readonly url: string
  readonly shape: ShapeName
  readonly encoding: Encoding
  readonly gzip: boolean
  /** Spans per request: a divisor or a multiple of the spans of a trace. */
  readonly batch: number
  readonly connections: number
  readonly requests: number
  /** Number of the first span: no two loads on one installation may share any. */
  readonly firstSpan: number
  /**
   * Offered, whether it is acked or not, for as long as all requests take at that rate; without it each connection sends
   * as soon as its last request was acked.
   */
  readonly spansPerSecond?: number
}

/** A span that was acked, and when, in milliseconds since 1970. */
export interface AckedSample extends SpanIdentity {
  readonly at: number
}

export interface Acks {
  requests: number
  /** Requests that were answered 429 or 503, or not at all, and sent again. */
  retries: number
  /** Milliseconds from when a request was due until its ack. */
  milliseconds: number[]
}

const SAMPLE_EVERY_MS = 250
/** Requests are sent again for so long. */
const TRIES = 600

export class Load {
  readonly #plan: LoadPlan
  readonly #templates = new Map<number, Template>()
  /** Compressed requests cannot be patched: all of them are made before the load begins. */
  readonly #messages: readonly Buffer[] | undefined
  readonly #sample: (sample: AckedSample) => void
  #acks: Acks = emptyAcks()
  #next = 0
  #began = 0
  #end = 0
  #sampled = 0

  constructor(plan: LoadPlan, sample: (sample: AckedSample) => void) {
    this.#plan = plan
    this.#sample = sample
    this.#messages = plan.gzip ? this.#compressAll() : undefined
    for (let first = 0; first < SPANS_PER_TRACE; first += plan.batch) this.#template(first)
  }

  /** Resolves when every request that was sent is acked. */
  async run(): Promise<void> {
    this.#began = performance.now()
    this.#end = this.#dueOf(this.#plan.requests) ?? Number.POSITIVE_INFINITY
    await Promise.all(Array.from({ length: this.#plan.connections }, () => this.#sendOnOne()))
  }

  /** The acks since they were last taken. */
  takeAcks(): Acks {
    const acks = this.#acks
    this.#acks = emptyAcks()
    return acks
  }

  async #sendOnOne(): Promise<void> {
    const connection = new Connection(new URL(this.#plan.url))
    const requests = new Map<Template, Request>()
    while (this.#next < this.#plan.requests && performance.now() < this.#end) {
      const index = this.#next++
      const due = await this.#untilDue(index)
      await this.#sendUntilAcked(connection, this.#messageOf(index, requests))
      this.#acks.requests += 1
      this.#acks.milliseconds.push(performance.now() - due)
      this.#sampleNow(this.#firstSpanOf(index))
    }
    connection.close()
  }

  /** Milliseconds of `performance.now()` from which an ack's time counts: late sending is the system's delay, too. */
  async #untilDue(index: number): Promise<number> {
    const due = this.#dueOf(index) ?? performance.now()
    const pause = due - performance.now()
    if (pause > 0) await sleep(pause)
    return due
  }

  #dueOf(index: number): number | undefined {
    const { spansPerSecond, batch } = this.#plan
    return spansPerSecond === undefined ? undefined : this.#began + (index * batch * 1000) / spansPerSecond
  }

  async #sendUntilAcked(connection: Connection, message: Buffer): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await connection.send(message).catch(() => undefined)
      if (answer?.status === 200) {
        if (answer.body.length > 2) throw new Error(`spans were rejected: ${answer.body.toString('utf8')}`)
        return
      }
      if (answer !== undefined && answer.status !== 429 && answer.status !== 503) {
        throw new Error(`the collector answered ${answer.status}: ${answer.body.toString('utf8')}`)
      }
      this.#acks.retries += 1
      await sleep((answer?.retryAfter ?? 1) * 1000)
    }
    throw new Error(`a request was not acked in ${TRIES} tries`)
  }

  #messageOf(index: number, requests: Map<Template, Request>): Buffer {
    const ready = this.#messages?.[index]
    if (ready !== undefined) return ready
    return this.#patched(index, requests).message
  }

  #patched(index: number, requests: Map<Template, Request>): Request {
    const first = this.#firstSpanOf(index)
    const template = this.#template(first % SPANS_PER_TRACE)
    let request = requests.get(template)
    if (request === undefined) {
      request = new Request(template, new URL(this.#plan.url).host)
      requests.set(template, request)
    }
    request.patch(first)
    return request
  }

  #compressAll(): Buffer[] {
    const requests = new Map<Template, Request>()
    return Array.from({ length: this.#plan.requests }, (_, index) => this.#patched(index, requests).gzipped())
  }

  #template(position: number): Template {
    let template = this.#templates.get(position)
    if (template === undefined) {
      const { shape, encoding, batch } = this.#plan
      template = new Template(shape, encoding, batch, position)
      this.#templates.set(position, template)
    }
    return template
  }

  #firstSpanOf(index: number): number {
    return this.#plan.firstSpan + index * this.#plan.batch
  }

  #sampleNow(span: number): void {
    const now = Date.now()
    if (now - this.#sampled < SAMPLE_EVERY_MS) return
    this.#sampled = now
    this.#sample({ ...identityOf(span), at: now })
  }
}

function emptyAcks(): Acks {
  return { requests: 0, retries: 0, milliseconds: [] }
}
