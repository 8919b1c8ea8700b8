import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Ingest } from '../../ingest/ingest.ts'
import type { Log } from '../../log.ts'
import { Refusal, refusalOf } from '../../refusal.ts'
import type { Authorise } from '../auth/authenticator.ts'
import { strangerRefusal } from '../http/http-refusal.ts'
import type { RequestMetrics } from '../request-metrics.ts'
import { exportResponse, IGNORED } from '../responses.ts'
import { EXPORT_METHOD, SIGNAL_OF_METHOD, type Signal } from '../signals.ts'
import { Message } from './message.ts'
import { type GrpcStatus, grpcStatusOf, statusHeaders } from './status.ts'
import { timeoutOf } from './timeout.ts'

/** Milliseconds that a sender has to notice that its call is over while it still sends. */
export const NOTICE_MS = 1_000
const LATE = new Refusal('timeout', 'the deadline of the call has passed')
const CANCELLED = new Refusal('cut_off', 'the call was cancelled')
const HEADERS: OutgoingHttpHeaders = {
  ':status': 200,
  'content-type': 'application/grpc+proto',
  'grpc-accept-encoding': 'identity,gzip,deflate,zstd',
}

export interface ExportCallOptions {
  readonly ingest: Ingest
  readonly authorise: Authorise
  /** Names that calls may name as their host, beside localhost; `*` for all. */
  readonly hosts: readonly string[]
  readonly requests: RequestMetrics
  readonly log: Log
}

/**
 * One call: metadata -> project -> message -> ingest -> answer once the spans are durable, or the deadline has passed.
 * Of other signals than traces: answer once the message has come.
 */
export class ExportCall {
  readonly #stream: ServerHttp2Stream
  readonly #headers: IncomingHttpHeaders
  readonly #options: ExportCallOptions
  readonly #message: Message
  /** Undefined where no such method exists. */
  readonly #signal: Signal | undefined
  #status: GrpcStatus | 'aborted' = 'aborted'

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, options: ExportCallOptions) {
    this.#stream = stream
    this.#headers = headers
    this.#options = options
    this.#signal = SIGNAL_OF_METHOD.get(headers[':path'] ?? '')
    const { maxBodyBytes, budget } = options.ingest
    this.#message = new Message(maxBodyBytes, budget, this.#signal !== 'traces')
  }

  async handle(): Promise<void> {
    const { requests } = this.#options
    const began = performance.now()
    requests.begin('grpc')
    let refusal: Refusal | undefined
    try {
      this.#ok(await this.#exportInTime())
    } catch (cause) {
      refusal = refusalOf(cause)
      this.#refuse(refusal, cause)
    }
    requests.end({
      transport: 'grpc',
      signal: this.#signal ?? 'traces',
      encoding: 'protobuf',
      compression: this.#message.payload.coding,
      status: this.#status,
      reason: refusal?.reason,
      bytes: this.#message.received,
      seconds: (performance.now() - began) / 1000,
    })
  }

  /** Resolves to the number of rejected spans; after the deadline the others may be stored nevertheless. */
  async #exportInTime(): Promise<number> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timeout = timeoutOf(this.#headers['grpc-timeout'])
    const timer = setTimeout(() => reject(LATE), timeout)
    const exported = this.#export(performance.now() + timeout).finally(() => this.#message.payload.release())
    try {
      return await Promise.race([exported, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** @param deadline after which nobody waits for the answer, as `performance.now()` gives it */
  async #export(deadline: number): Promise<number> {
    const { authorise, hosts, ingest, log } = this.#options
    const { host, ':authority': authority, ':path': path } = this.#headers
    const named = [...new Set([authority, host])].filter((name) => name !== undefined)
    const stranger = strangerRefusal({ method: 'POST', hosts: named, headers: this.#headers }, { hosts })
    if (stranger !== undefined) throw stranger
    if (this.#signal === undefined)
      throw new Refusal('not_found', `${path} does not exist here, expected ${EXPORT_METHOD}`)
    const project = await authorise(this.#headers)
    await this.#message.receive(this.#stream)
    this.#message.compressedBy(this.#headers['grpc-encoding'] as string | undefined)
    if (this.#signal !== 'traces') {
      log.info({ signal: this.#signal }, IGNORED)
      // A full success: ignoredResponse says why.
      return 0
    }
    return ingest.export(this.#message.payload, {
      project,
      refusal: () => {
        if (this.#stream.destroyed || this.#stream.closed) return CANCELLED
        return performance.now() < deadline ? undefined : LATE
      },
    })
  }

  #ok(rejected: number): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    const text = rejected === 0 ? '' : `${rejected} spans have an invalid trace id or span id`
    const response = exportResponse('protobuf', rejected, text)
    const prefix = Buffer.alloc(5)
    prefix.writeUInt32BE(response.length, 1)
    stream.respond(HEADERS, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }))
    stream.end(Buffer.concat([prefix, response]))
    this.#status = 'OK'
  }

  /** In headers alone, without a message: some senders repeat a call only where its status comes there. */
  #refuse(refusal: Refusal, cause: unknown): void {
    const { log } = this.#options
    const status = grpcStatusOf(refusal)
    // Without the message, which may quote what was sent.
    if (refusal.reason === 'internal') log.error({ err: cause }, 'call failed')
    else log.info({ status }, `call refused: ${refusal.reason}`)
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    stream.respond({ ...HEADERS, ...statusHeaders(refusal) }, { endStream: true })
    this.#status = status
    stream.resume()
    const notice = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), NOTICE_MS)
    stream.on('close', () => clearTimeout(notice))
  }
}
