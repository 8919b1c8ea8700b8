import { once } from 'node:events'
import {
  createServer,
  type Http2Server,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { UsageError } from '@weir/config'
import type { Connections } from '../connections.ts'
import { ExportCall, type ExportCallOptions, NOTICE_MS } from './export-call.ts'

/** The port of OTLP/gRPC cannot be bound. */
class GrpcPortError extends UsageError {
  override readonly code = 'PORT_IN_USE'
}

const MAX_CALLS_OF_CONNECTION = 100
/** Bytes that a sender may send of a call before it hears that they were read. */
const WINDOW = 256 * 1024
const KEEPALIVE_INTERVAL = 60_000
const GRPC_TYPE = /^application\/grpc(\+proto)?\s*(;|$)/i

export interface GrpcServerOptions extends ExportCallOptions {
  readonly connections: Connections
  /** Milliseconds between two pings; a connection that has not answered one by the next is dead. */
  readonly keepaliveInterval?: number
}

/** OTLP/gRPC (opentelemetry.io/docs/specs/otlp/#otlpgrpc): unary calls over HTTP/2 without TLS. */
export class GrpcServer {
  readonly #server: Http2Server
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #silent = new Set<ServerHttp2Session>()
  readonly #keepalive: NodeJS.Timeout
  readonly #options: GrpcServerOptions
  /** Of the session that opens next: a session gives its socket to nobody. */
  #socket: Socket | undefined

  constructor(options: GrpcServerOptions) {
    this.#options = options
    this.#server = createServer({
      settings: { maxConcurrentStreams: MAX_CALLS_OF_CONNECTION, initialWindowSize: WINDOW },
    })
    this.#server
      .prependListener('connection', (socket: Socket) => {
        this.#socket = socket
      })
      .on('session', (session) => this.#open(session))
      // What is no HTTP/2 ends its own connection.
      .on('sessionError', () => {})
      .on('stream', (stream, headers) => {
        // Whatever breaks off a stream closes it, which ends the call.
        stream.on('error', () => {})
        if (headers[':method'] !== 'POST') refuse(stream, { ':status': 405, allow: 'POST' })
        else if (!GRPC_TYPE.test(headers['content-type'] ?? '')) refuse(stream, { ':status': 415 })
        else this.#handle(new ExportCall(stream, headers, options), stream)
      })
    this.#keepalive = setInterval(() => this.#ping(), options.keepaliveInterval ?? KEEPALIVE_INTERVAL).unref()
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** @param address port 0 takes any free one @throws GrpcPortError where it cannot be bound */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
    this.#server.listen({ host, port })
    try {
      await once(this.#server, 'listening')
    } catch (cause) {
      const reason = (cause as Error).message
      clearInterval(this.#keepalive)
      throw new GrpcPortError(
        `OTLP/gRPC cannot listen (${reason}): stop what uses port ${port}, or set WEIR_OTLP_GRPC_PORT`,
        { cause },
      )
    }
    this.#server.on('error', (err) => this.#options.log.warn({ err }, 'connection not accepted'))
  }

  /** Takes no new calls, answers those that are open, and cuts off what is left after `timeout` milliseconds. */
  async close(timeout: number): Promise<void> {
    clearInterval(this.#keepalive)
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const session of this.#sessions) session.close()
    const cut = setTimeout(() => {
      for (const session of this.#sessions) session.destroy()
    }, timeout)
    await closed
    clearTimeout(cut)
  }

  #handle(call: ExportCall, stream: ServerHttp2Stream): void {
    const { log, connections } = this.#options
    if (stream.session !== undefined)
      stream.once(
        'close',
        connections.begin(stream.session, () => stream.readableEnded),
      )
    call.handle().catch((error: unknown) => log.error({ err: error }, 'call could not be answered'))
  }

  #open(session: ServerHttp2Session): void {
    const { connections, requests } = this.#options
    const socket = this.#socket
    session.on('error', () => {})
    const close = () => {
      session.destroy()
      // What says goodbye is written by then; a sender that does not answer must not keep the descriptor.
      setImmediate(() => socket?.destroy())
    }
    if (!connections.add(session, close)) {
      requests.fail('grpc', 'connections')
      return
    }
    this.#sessions.add(session)
    session.on('close', () => {
      connections.delete(session)
      this.#sessions.delete(session)
      this.#silent.delete(session)
    })
  }

  /** A sender that went without a word is noticed, and its connection closed. */
  #ping(): void {
    for (const session of this.#sessions) {
      if (this.#silent.has(session)) session.destroy()
      else if (session.ping(() => this.#silent.delete(session))) this.#silent.add(session)
    }
  }
}

/** What is no call of gRPC gets an answer of HTTP; what it still sends is dropped. */
function refuse(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  stream.respond(headers, { endStream: true })
  stream.resume().setTimeout(NOTICE_MS, () => stream.close())
}
