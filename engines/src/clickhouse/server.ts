import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EngineStartError, PortInUseError } from '../errors.ts'
import { USER } from './authentication.ts'
import type { Limits } from './body.ts'
import type { Service, ServiceOptions } from './service.ts'

export interface ClickHouseOptions {
  /** The address to listen on; loopback unless it says otherwise. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port: number
  /** The data directory; created when missing. One process may have it open. */
  readonly path: string
  /** What requests of the user `weir` have to name; undefined: every program of this machine may do everything, as tests may want. */
  readonly password: string | undefined
  readonly limits?: Partial<Limits>
  /** How long `close()` waits for running queries before it ends them, in ms (default 3,000). */
  readonly drainTimeout?: number
  /** How long to wait for a process that has the directory open and may just be ending, in ms (default 15,000). */
  readonly ownerTimeout?: number
}

export interface ClickHouseServer extends AsyncDisposable {
  /** With user and password, where there is one. */
  readonly url: string
  readonly port: number
  /** Stops accepting, lets running queries end, and closes the data directory. */
  close(): Promise<void>
}

const LIMITS: Limits = { statement: 64 * 1024 * 1024, insert: 4 * 1024 * 1024 * 1024 }

/** As much as ClickHouse takes of an address (`http_max_uri_size`): the parameters of queries are in it. */
const MAX_HEADER_BYTES = 1024 * 1024

/**
 * Starts the embedded ClickHouse in this process, behind ClickHouse's HTTP interface.
 *
 * @throws PortInUseError, DirectoryInUseError, EngineStartError
 */
export async function startClickHouse(options: ClickHouseOptions): Promise<ClickHouseServer> {
  const { host = '127.0.0.1', port, path, password, drainTimeout = 3_000 } = options
  const limits = { ...LIMITS, ...options.limits }
  // Queries run on Node's thread pool, and a query that ends another needs a thread too.
  process.env.UV_THREADPOOL_SIZE ??= '16'
  const server = createServer({
    requestTimeout: 0,
    keepAliveTimeout: 60_000,
    maxHeaderSize: MAX_HEADER_BYTES,
  })
  const started = Promise.withResolvers<Service>()
  started.promise.catch(() => server.closeAllConnections())
  // From the first moment of listening: a request that came while the engine opens would never be answered.
  server.on('request', (request, response) => {
    started.promise.then((service) => service.handle(request, response)).catch(() => response.destroy())
  })
  await listen(server, host, port)
  let service: Service
  try {
    service = await startService({ path, host, password, limits, timeoutMs: options.ownerTimeout ?? 15_000 })
  } catch (error) {
    server.close()
    started.reject(error)
    throw error
  }
  started.resolve(service)
  let closed: Promise<void> | undefined
  const close = () => (closed ??= shutDown(server, service, drainTimeout))
  const listening = (server.address() as AddressInfo).port
  const name = host.includes(':') ? `[${host}]` : host
  const credentials = password === undefined ? '' : `${USER}:${encodeURIComponent(password)}@`
  return {
    url: `http://${credentials}${name}:${listening}`,
    port: listening,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Loads the engine's library, 200 MB of memory, only where the engine runs. */
async function startService(options: ServiceOptions): Promise<Service> {
  const { Service } = await import('./service.ts').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const advice = 'Run ClickHouse elsewhere and set WEIR_CLICKHOUSE_URL to it'
    throw new EngineStartError(`could not load the embedded ClickHouse: ${reason} ${advice}`, { cause })
  })
  return await Service.start(options)
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

async function shutDown(server: Server, service: Service, drainTimeout: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const late = setTimeout(() => server.closeAllConnections(), drainTimeout)
  // The engine may refuse this, for one when it is out of memory; its own closing ends merges too.
  await Promise.all([closed, service.endMerges().catch(() => {})])
  clearInterval(idle)
  clearTimeout(late)
  await service.close()
}
