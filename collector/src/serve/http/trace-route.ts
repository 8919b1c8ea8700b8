import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { CONTENT_TYPE, type Encoding, encodingOf } from '../../ingest/encoding.ts'
import { ACCEPTED_CODINGS, type Coding, codingOf, unknownCoding } from '../../ingest/inflate.ts'
import type { Ingest } from '../../ingest/ingest.ts'
import type { Log } from '../../log.ts'
import { backpressure, Refusal, refusalOf } from '../../refusal.ts'
import type { RequestMetrics } from '../request-metrics.ts'
import { exportResponse } from '../responses.ts'
import { answer, answerRefusal } from './answer.ts'
import { Body } from './body.ts'
import { HttpRefusal, methodNotAllowed, statusCodeOf } from './http-refusal.ts'

/** The project that a request writes to, by its headers; rejects where it may not. */
export type Authorise = (headers: IncomingHttpHeaders) => Promise<string>

export interface TraceRouteOptions {
  readonly ingest: Ingest
  readonly authorise: Authorise
  readonly requests: RequestMetrics
  readonly log: Log
}

/** `/v1/traces`: headers -> project -> body -> ingest -> ack once the spans are durable. */
export class TraceRoute {
  readonly #options: TraceRouteOptions

  constructor(options: TraceRouteOptions) {
    this.#options = options
  }

  /** @param wait true where the sender waits to be told to go on with the body */
  async handle(request: IncomingMessage, response: ServerResponse, wait: boolean): Promise<void> {
    const { requests } = this.#options
    const began = performance.now()
    requests.begin('http')
    const trace = new TraceRequest(request, response, this.#options)
    let refusal: Refusal | undefined
    try {
      await trace.export(wait)
    } catch (cause) {
      refusal = this.#refuse(response, cause)
    }
    trace.body.payload.release()
    const aborted = request.socket.destroyed
    requests.end({
      transport: 'http',
      encoding: trace.encoding ?? 'unknown',
      compression: trace.coding ?? 'unknown',
      status: aborted ? 'aborted' : String(response.statusCode),
      reason: aborted ? 'cut_off' : refusal?.reason,
      bytes: trace.body.received,
      seconds: (performance.now() - began) / 1000,
    })
  }

  #refuse(response: ServerResponse, cause: unknown): Refusal {
    const refusal = refusalOf(cause)
    const { reason } = refusal
    // Without the message, which may quote what was sent.
    if (reason === 'internal') this.#options.log.error({ err: cause }, 'request failed')
    else this.#options.log.info({ statusCode: statusCodeOf(refusal) }, `request refused: ${reason}`)
    if (!response.headersSent) answerRefusal(response, refusal)
    return refusal
  }
}

class TraceRequest {
  readonly body: Body
  encoding: Encoding | undefined
  coding: Coding | undefined
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #options: TraceRouteOptions

  constructor(request: IncomingMessage, response: ServerResponse, options: TraceRouteOptions) {
    this.#request = request
    this.#response = response
    this.#options = options
    this.body = new Body(request, options.ingest.maxBodyBytes, options.ingest.budget)
  }

  async export(wait: boolean): Promise<void> {
    const { authorise, ingest } = this.#options
    const { method, headers } = this.#request
    this.encoding = encodingOf(headers['content-type'])
    if (method !== 'POST') throw methodNotAllowed(method, '/v1/traces', 'POST')
    const project = await authorise(headers)
    if (this.encoding === undefined) throw unknownType(headers['content-type'])
    const encoding = headers['content-encoding']
    this.coding = codingOf(encoding)
    if (this.coding === undefined) throw unknownEncoding(encoding)
    this.body.checkLength()
    if (wait) this.#response.writeContinue()
    await this.body.receive()
    Object.assign(this.body.payload, { encoding: this.encoding, coding: this.coding })
    const rejected = await ingest.export(this.body.payload, {
      project,
      refusal: (waited) => this.#whereGone(waited),
    })
    const message = rejected === 0 ? '' : `${rejected} spans have an invalid trace id or span id`
    answer(this.#response, 200, HEADERS[this.encoding], exportResponse(this.encoding, rejected, message))
  }

  /**
   * A sender that has closed its side has mostly given up, and shows no other sign of it. One that has not will send the
   * spans again.
   */
  #whereGone(waited: number): Refusal | undefined {
    const { socket } = this.#request
    if (socket.destroyed) return GONE
    if (waited < TIMEOUT_MS || !socket.readableEnded) return undefined
    return backpressure('the sender has closed its side while the request waited for its turn. Try again')
  }
}

/** Milliseconds that a sender surely waits for its answer that has closed its side. */
const TIMEOUT_MS = 1_000
const GONE = new Refusal('cut_off', 'the connection broke off')

const HEADERS: Readonly<Record<Encoding, Readonly<Record<string, string>>>> = {
  protobuf: { 'content-type': CONTENT_TYPE.protobuf },
  json: { 'content-type': CONTENT_TYPE.json },
}

function unknownType(contentType = 'none'): HttpRefusal {
  const message = `content-type ${contentType} is not supported, expected ${CONTENT_TYPE.protobuf} or ${CONTENT_TYPE.json}`
  return new HttpRefusal(415, 'unsupported', message)
}

function unknownEncoding(value: string | undefined): HttpRefusal {
  const headers = { 'accept-encoding': ACCEPTED_CODINGS }
  return new HttpRefusal(415, 'unsupported', unknownCoding('content-encoding', value), headers)
}
