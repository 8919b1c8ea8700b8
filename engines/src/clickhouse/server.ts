import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PortInUseError } from '../errors.ts'
import { type Limits, readWork } from './body.ts'
import { Engine } from './engine.ts'
import { toException } from './exception.ts'
import { readBody, readRequest } from './http-request.ts'
import { runWork } from './query.ts'
import { sendException, sendResult } from './response.ts'
import { Slots } from './slots.ts'

export interface ClickHouseOptions {
  /** The address to listen on; loopback unless it says otherwise. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port: number
  /** The data directory; created when missing. One process may have it open. */
  readonly path: string
  readonly limits?: Partial<Limits>
}

export interface ClickHouseServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Stops accepting, lets running queries end, and closes the data directory. */
  close(): Promise<void>
}

const LIMITS: Limits = { statement: 64 * 1024 * 1024, insert: 4 * 1024 * 1024 * 1024 }
const CONCURRENT_QUERIES = 8

/** Starts the embedded ClickHouse in this process, behind ClickHouse's HTTP interface. */
export async function startClickHouse(options: ClickHouseOptions): Promise<ClickHouseServer> {
  const { host = '127.0.0.1', port, path } = options
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 })
  await listen(server, host, port)
  try {
    const service = new Service(path, { ...LIMITS, ...options.limits })
    server.on('request', (request, response) => void service.handle(request, response))
    return running(server, host, service)
  } catch (error) {
    server.close()
    throw error
  }
}

function running(server: Server, host: string, service: Service): ClickHouseServer {
  const { port } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  const close = () => (closed ??= shutDown(server, service))
  const name = host.includes(':') ? `[${host}]` : host
  return { url: `http://${name}:${port}`, port, close, [Symbol.asyncDispose]: close }
}

async function shutDown(server: Server, service: Service): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  await closed
  await service.close()
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new PortInUseError(host, port, { cause })
    throw cause
  }
}

class Service {
  readonly #engine: Engine
  readonly #slots = new Slots(CONCURRENT_QUERIES)
  readonly #spool: string
  readonly #limits: Limits

  constructor(path: string, limits: Limits) {
    mkdirSync(path, { recursive: true })
    this.#engine = Engine.open(path)
    this.#limits = limits
    this.#spool = join(path, 'spool')
    // What a killed process left behind was never acknowledged.
    rmSync(this.#spool, { recursive: true, force: true })
    mkdirSync(this.#spool)
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = request.url?.split('?')[0]
      if (
        path === '/ping' ||
        path === '/replicas_status' ||
        (path === '/' && request.method === 'GET' && request.url === '/')
      ) {
        response.end('Ok.\n')
        return
      }
      await this.#query(request, response)
    } catch (error) {
      if (!response.destroyed) sendException(response, toException(error))
    }
  }

  async #query(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const http = readRequest(request)
    response.setHeader('X-ClickHouse-Query-Id', http.queryId)
    const work = await readWork(http.query, readBody(request), this.#spool, this.#limits)
    await using _spool = work.spool
    const gone = new AbortController()
    response.on('close', () => gone.abort(new Error('the client closed the connection')))
    const release = await this.#slots.take(gone.signal)
    try {
      using session = await this.#engine.session(http)
      const kill = () => void this.#engine.kill(http.queryId)
      response.on('close', () => {
        if (!response.writableFinished) kill()
      })
      const format = work.statement.format ?? http.defaultFormat
      const head = { queryId: http.queryId, format, encoding: http.encoding, timezone: 'UTC' }
      await sendResult(response, head, runWork(session, work, http.defaultFormat, this.#spool))
    } finally {
      release()
    }
  }

  async close(): Promise<void> {
    await this.#engine.close()
  }
}
