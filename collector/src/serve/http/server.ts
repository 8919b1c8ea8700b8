import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import { requestHead } from '@weir/store'
import type { Ingest } from '../../ingest/ingest.ts'
import type { Log } from '../../log.ts'
import { Refusal, refusalOf } from '../../refusal.ts'
import type { Authorise } from '../auth/authenticator.ts'
import type { Connections } from '../connections.ts'
import type { Metrics } from '../metrics.ts'
import { SIGNAL_OF_PATH, TRACES_PATH } from '../signals.ts'
import { answerRefusal, rawRefusal } from './answer.ts'
import { ClientErrors } from './client-error.ts'
import { clientRoutes } from './client-routes.ts'
import { type Cors, corsFor } from './cors.ts'
import { ExportRoute } from './export-route.ts'
import { HttpRefusal, methodNotAllowed, statusCodeOf, strangerRefusal } from './http-refusal.ts'
import { operationRoutes, type Route } from './operation-routes.ts'

export interface HttpServerOptions {
  readonly ingest: Ingest
  readonly metrics: Metrics
  readonly authorise: Authorise
  /** Rejects where spans cannot be taken. */
  readonly ping: () => Promise<string | undefined>
  /** Resolves once ClickHouse has what was acknowledged before. */
  readonly flush: () => Promise<void>
  readonly log: Log
  /** Names that requests may name as their host, beside localhost; `*` for all. */
  readonly hosts: readonly string[]
  readonly connections: Connections
  /** Origins of pages that may send from a browser; `*` for all. */
  readonly corsOrigins: readonly string[]
  readonly limits?: ConnectionLimits
}

/** What one sender, or all of them, may take up. */
export interface ConnectionLimits {
  /** Milliseconds within which a request has to arrive whole. */
  readonly requestTimeout?: number
  /** Connections that are open at the same time, of gRPC too; one more takes the place of one that is idle, or is closed at once. */
  readonly maxConnections?: number
}

const REQUEST_TIMEOUT = 60_000
/** Milliseconds within which its headers have to. */
const HEADERS_TIMEOUT = 15_000
/**
 * Milliseconds that an idle connection is kept: longer than clients keep theirs (Go 90 s, OkHttp 5 min), so that none
 * sends a request on a connection that is being closed.
 */
const KEEP_ALIVE_TIMEOUT = 360_000
/** Milliseconds between two looks at what is late. */
const CHECK_INTERVAL = 1_000

/** OTLP/HTTP (opentelemetry.io/docs/specs/otlp/#otlphttp), health and metrics. */
export class HttpServer {
  readonly #options: HttpServerOptions
  readonly #server: Server
  readonly #exports: ExportRoute
  readonly #routes: Readonly<Record<string, Route>>
  readonly #cors: Cors
  readonly #clientErrors: ClientErrors
  #closing = false

  constructor(options: HttpServerOptions) {
    const { metrics, log, corsOrigins, limits = {} } = options
    const { requestTimeout = REQUEST_TIMEOUT } = limits
    const { requests } = metrics
    this.#options = options
    this.#exports = new ExportRoute({ ...options, requests })
    this.#routes = { ...operationRoutes(options), ...clientRoutes(options) }
    this.#cors = corsFor(corsOrigins)
    this.#clientErrors = new ClientErrors((refusal) => {
      const { reason, message } = refusal
      requests.fail('http', reason)
      log.info({ statusCode: statusCodeOf(refusal), error: message }, `connection refused: ${reason}`)
    })
    this.#server = createServer({
      requestTimeout,
      headersTimeout: Math.min(HEADERS_TIMEOUT, requestTimeout),
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
      connectionsCheckingInterval: CHECK_INTERVAL,
      requireHostHeader: false,
    })
    // A sender that closes its side after a request still gets the answer. Node has it, its typings do not.
    Object.assign(this.#server, { httpAllowHalfOpen: true })
    this.#listen()
  }

  /** @returns the URL that it listens at @throws NodeJS.ErrnoException where the port cannot be bound */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen({ host, port }, () => {
        this.#server.off('error', reject)
        // Where a connection cannot be accepted, for want of descriptors mostly, the others go on.
        this.#server.on('error', (err) => this.#options.log.warn({ err }, 'connection not accepted'))
        resolve()
      })
    })
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Takes no new connections, answers what is on its way, and cuts off what is left after `timeout` milliseconds. */
  async close(timeout: number): Promise<void> {
    this.#closing = true
    if (!this.#server.listening) return
    // Connections whose request was on its way become idle one by one.
    const idle = setInterval(() => this.#server.closeIdleConnections(), 50)
    const deadline = setTimeout(() => this.#server.closeAllConnections(), timeout)
    await promisify(this.#server.close).call(this.#server)
    clearInterval(idle)
    clearTimeout(deadline)
  }

  #listen(): void {
    const refuse = (refusal: Refusal) => (_request: IncomingMessage, response: ServerResponse) =>
      void Promise.resolve().then(() => answerRefusal(response, refusal))
    this.#server
      .on('connection', (socket) => this.#open(socket))
      .on('request', (request, response) => this.#handle(request, response, false))
      .on('checkContinue', (request, response) => this.#handle(request, response, true))
      .on(
        'checkExpectation',
        refuse(new HttpRefusal(417, 'unsupported', 'expected 100-continue or no expectation')),
      )
      .on('connect', (request: IncomingMessage, socket: Socket) => {
        socket.end(rawRefusal(methodNotAllowed('CONNECT', request.url!, 'POST'), undefined))
      })
      .on('clientError', (error, socket) => this.#clientErrors.handle(error, socket as Socket))
  }

  #open(socket: Socket): void {
    const { connections, metrics } = this.#options
    if (!connections.add(socket, () => socket.destroy())) {
      metrics.requests.fail('http', 'connections')
      return
    }
    socket.once('close', () => connections.delete(socket))
    this.#clientErrors.watch(socket)
  }

  #handle(request: IncomingMessage, response: ServerResponse, wait: boolean): void {
    this.#clientErrors.track(request, response)
    response.once(
      'close',
      this.#options.connections.begin(request.socket, () => request.complete),
    )
    if (this.#closing) response.setHeader('connection', 'close')
    this.#route(request, response, wait).catch((cause) => {
      const refusal = refusalOf(cause)
      if (refusal.reason === 'internal') this.#options.log.error({ err: cause }, 'request failed')
      if (!response.headersSent) answerRefusal(response, refusal)
    })
  }

  async #route(request: IncomingMessage, response: ServerResponse, wait: boolean): Promise<void> {
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      throw new Refusal('protocol', 'the request has no host header, which HTTP/1.1 requires')
    }
    const path = pathOf(request.url!)
    this.#refuseStrangers(request, path)
    const signal = SIGNAL_OF_PATH.get(path)
    if (signal !== undefined) {
      if (this.#cors(request, response)) return
      return this.#exports.handle(request, response, { path, signal }, wait)
    }
    if (wait) response.writeContinue()
    const route = Object.hasOwn(this.#routes, path) ? this.#routes[path] : undefined
    if (route) return route(request, response)
    throw new Refusal('not_found', `${path} does not exist here, traces go to ${TRACES_PATH}`)
  }

  /** Pages of listed origins may send, and do nothing else. */
  #refuseStrangers(request: IncomingMessage, path: string): void {
    const { hosts, corsOrigins, metrics, log } = this.#options
    const trusted = SIGNAL_OF_PATH.has(path) ? { hosts, origins: corsOrigins } : { hosts }
    const refusal = strangerRefusal(requestHead(request), trusted)
    if (refusal === undefined) return
    const { statusCode, reason } = refusal
    metrics.requests.fail('http', reason)
    log.info({ statusCode }, `request refused: ${reason}`)
    throw refusal
  }
}

/** Of a target in any form, without query and the slashes that some configurations end with, or their base URLs. */
function pathOf(target: string): string {
  if (SIGNAL_OF_PATH.has(target)) return target
  const path = target.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1)[0]!
  const plain = path.replace(/^\/\//, '/').replace(/\/$/, '')
  return SIGNAL_OF_PATH.has(plain) ? plain : path
}
