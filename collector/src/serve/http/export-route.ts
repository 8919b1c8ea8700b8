import type { IncomingMessage, ServerResponse } from 'node:http'
import { CONTENT_TYPE, type Encoding, encodingOf } from '../../ingest/encoding.ts'
import { ACCEPTED_CODINGS, type Coding, codingOf, unknownCoding } from '../../ingest/inflate.ts'
import type { Ingest } from '../../ingest/ingest.ts'
import type { Log } from '../../log.ts'
import { backpressure, Refusal, refusalOf } from '../../refusal.ts'
import type { Authorise } from '../auth/authenticator.ts'
import type { RequestMetrics } from '../request-metrics.ts'
import { exportResponse, IGNORED, ignoredResponse } from '../responses.ts'
import type { Signal } from '../signals.ts'
import { answer, answerRefusal } from './answer.ts'
import { Body } from './body.ts'
import { HttpRefusal, methodNotAllowed, statusCodeOf } from './http-refusal.ts'

export interface ExportRouteOptions {
  readonly ingest: Ingest
  readonly authorise: Authorise
  readonly requests: RequestMetrics
  readonly log: Log
}

/** A path beside where it is sent to, and what. */
export interface Target {
  readonly path: string
  readonly signal: Signal
}

/** `/v1/traces`: headers -> project -> body -> ingest -> ack once the spans are durable. Of other signals: ack once the body has come. */
export class ExportRoute {
  readonly #options: ExportRouteOptions

  constructor(options: ExportRouteOptions) {
    this.#options = options
  }

  /** @param wait true where the sender waits to be told to go on with the body */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    wait: boolean,
  ): Promise<void> {
    const { requests } = this.#options
    const began = performance.now()
    requests.begin('http')
    const sent = new ExportRequest(request, response, target, this.#options)
    let refusal: Refusal | undefined
    try {
      await sent.export(wait)
    } catch (cause) {
      refusal = this.#refuse(response, cause)
    }
    sent.body.payload.release()
    const aborted = request.socket.destroyed
    requests.end({
      transport: 'http',
      signal: target.signal,
      encoding: sent.encoding ?? 'unknown',
      compression: sent.coding ?? 'unknown',
      status: aborted ? 'aborted' : String(response.statusCode),
      reason: aborted ? 'cut_off' : refusal?.reason,
      bytes: sent.body.received,
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

class ExportRequest {
  readonly body: Body
  encoding: Encoding | undefined
  coding: Coding | undefined
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #target: Target
  readonly #options: ExportRouteOptions

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    target: Target,
    options: ExportRouteOptions,
  ) {
    this.#request = request
    this.#response = response
    this.#target = target
    this.#options = options
    const { maxBodyBytes, budget } = options.ingest
    this.body = new Body(request, maxBodyBytes, budget, target.signal !== 'traces')
  }

  async export(wait: boolean): Promise<void> {
    const { authorise, ingest, log } = this.#options
    const { path, signal } = this.#target
    const { method, headers } = this.#request
    this.encoding = encodingOf(headers['content-type'])
    if (method !== 'POST') throw methodNotAllowed(method, path, 'POST')
    const project = await authorise(headers)
    if (this.encoding === undefined) throw unknownType(headers['content-type'])
    const encoding = headers['content-encoding']
    this.coding = codingOf(encoding)
    if (this.coding === undefined) throw unknownEncoding(encoding)
    this.body.checkLength()
    if (wait) this.#response.writeContinue()
    await this.body.receive()
    if (signal !== 'traces') {
      log.info({ signal }, IGNORED)
      answer(this.#response, 200, HEADERS[this.encoding], ignoredResponse(this.encoding))
      return
    }
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
