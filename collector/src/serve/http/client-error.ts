import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Refusal } from '../../refusal.ts'
import { rawRefusal } from './answer.ts'
import { breakRequest } from './broken-request.ts'
import { HttpRefusal } from './http-refusal.ts'

/** What `clientError` comes with: an errno, a code of llhttp or of Node's timeouts. */
interface ClientError extends NodeJS.ErrnoException {
  /** What the parser could not read. */
  readonly rawPacket?: Buffer
}

/** Milliseconds that a sender gets to read the answer before its connection is closed. */
const LINGER_MS = 2_000

/** Answers what Node's parser refuses, and requests that do not arrive in time. */
export class ClientErrors {
  readonly #latest = new WeakMap<Socket, ServerResponse>()
  readonly #answered = new WeakSet<Socket>()
  readonly #observe: (refusal: Refusal) => void

  constructor(observe: (refusal: Refusal) => void) {
    this.#observe = observe
  }

  /** Has to be told of every request: answers go out in the order of the requests. */
  track(request: IncomingMessage, response: ServerResponse): void {
    this.#latest.set(request.socket, response)
  }

  /** Has to be told of every connection, too. */
  watch(socket: Socket): void {
    // Node's parser does not mind where a request with the header `upgrade` ends.
    socket.once('end', () => {
      const latest = this.#latest.get(socket)
      if (latest?.req.complete === false) this.handle(CUT_OFF, socket)
    })
  }

  /** Handles a server's `clientError`. */
  handle(cause: ClientError, socket: Socket): void {
    if (socket.destroyed || this.#answered.has(socket)) return
    const latest = this.#latest.get(socket)
    const refusal = refusalOf(cause)
    // Reset by the sender: nobody reads an answer.
    if (refusal === undefined || !socket.writable) {
      socket.destroy()
      return
    }
    this.#answered.add(socket)
    setTimeout(() => socket.destroy(), LINGER_MS).unref()
    if (latest === undefined || latest.writableFinished) this.#refuse(refusal, cause, socket)
    else if (latest.req.complete) latest.once('finish', () => this.#refuse(refusal, cause, socket))
    else breakRequest(latest.req, refusal)
  }

  #refuse(refusal: Refusal, { rawPacket }: ClientError, socket: Socket): void {
    this.#observe(refusal)
    const contentType = /\r\ncontent-type:([^\r]*)/i.exec(rawPacket?.toString('latin1') ?? '')
    socket.end(rawRefusal(refusal, contentType?.[1]))
  }
}

/** What Node's parser calls it. */
const CUT_OFF = { name: 'Error', code: 'HPE_INVALID_EOF_STATE', message: 'ended in a request' } as const

/** Undefined where the connection is gone. */
function refusalOf({ code = '', message, rawPacket }: ClientError): Refusal | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Refusal('timeout', 'the request did not arrive whole in time. Send it again')
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new HttpRefusal(431, 'protocol', 'the headers of the request are too large')
  }
  if (code === CUT_OFF.code) {
    return new Refusal('cut_off', 'the request ends too early')
  }
  if (!code.startsWith('HPE_')) return undefined
  return new Refusal('protocol', `the request is not HTTP/1.1: ${guess(rawPacket) ?? message}`)
}

/** Clients of other protocols that find their way here. */
function guess(packet: Buffer | undefined): string | undefined {
  const start = packet?.toString('latin1', 0, 8) ?? ''
  if (start.startsWith('PRI * HT')) return 'it is HTTP/2. OTLP/gRPC has a port of its own, 4317 by default'
  if (start.startsWith('\x16\x03')) return 'it is TLS. This port is http://, not https://'
  return undefined
}
