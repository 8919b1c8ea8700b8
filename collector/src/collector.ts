import type { AddressInfo } from 'node:net'
import type { Store } from '@weir/store'
import { type CollectorSettings, collectorSettingsFromEnv } from './config.ts'
import { type GrpcServer, startGrpcServer } from './grpc/server.ts'
import { Metrics } from './http/metrics.ts'
import { createServer } from './http/server.ts'
import { Ingest } from './ingest.ts'
import { ClickHouseWriter } from './writer/clickhouse-writer.ts'
import { GroupCommit } from './writer/group-commit.ts'
import { Ledger } from './writer/ledger.ts'

/**
 * Everything but the store has the default that the environment variable of the same meaning has; gRPC is served only
 * where its port is given.
 */
export interface CollectorConfig extends Partial<CollectorSettings> {
  readonly store: Pick<Store, 'url' | 'database' | 'project'>
}

/** A running collector. */
export interface Collector {
  /** Base URL for exporters; traces go to `<url>/v1/traces`. */
  readonly url: string
  readonly port: number
  /** Port of OTLP/gRPC, where it is served. */
  readonly grpcPort: number | undefined
  /** Takes no new connections, stores what is pending, and stops. */
  close(): Promise<void>
}

/** Milliseconds that the first request of a group waits for others to share its insert. */
const GROUP_WAIT = 4
const GROUP_BYTES = 8 * 1024 * 1024
const PARALLEL_INSERTS = 2
const INSERT_TIMEOUT = 30_000
/** Milliseconds that requests have to be finished in once the collector closes. */
const CLOSE_TIMEOUT = 5_000

/**
 * Starts an OTLP receiver that writes to the table `spans`, which must have been migrated.
 * @throws NodeJS.ErrnoException `EADDRINUSE` where the port of HTTP is taken
 * @throws GrpcPortError where the port of gRPC cannot be bound
 */
export async function startCollector({ store, ...given }: CollectorConfig): Promise<Collector> {
  const settings = { ...collectorSettingsFromEnv({}), ...given }
  const writer = new ClickHouseWriter({ url: store.url, database: store.database, timeout: INSERT_TIMEOUT })
  const ledger = new Ledger()
  const commits: GroupCommit = new GroupCommit(writer, ledger, {
    project: store.project,
    wait: GROUP_WAIT,
    groupBytes: GROUP_BYTES,
    requestBytes: settings.maxPendingBytes,
    parallel: PARALLEL_INSERTS,
    observe: (seconds) => metrics.observeInsert(seconds),
  })
  const metrics: Metrics = new Metrics(() => ({
    ledger: ledger.snapshot(),
    pendingBytes: commits.pendingBytes,
  }))
  const ingest = new Ingest(commits, settings)
  const server = createServer({
    ingest,
    metrics,
    ping: () => writer.ping(),
    logLevel: settings.logLevel,
  })
  const url = await server.listen({ host: settings.host, port: settings.port })
  const { port } = server.server.address() as AddressInfo
  const grpc = await serveGrpc().catch(async (error: unknown) => {
    await server.close()
    writer.close()
    throw error
  })
  return {
    url,
    port,
    grpcPort: grpc?.port,
    close: async () => {
      const grpcClosed = grpc?.close(CLOSE_TIMEOUT)
      // Connections whose request was on its way become idle one by one.
      const idle = setInterval(() => server.server.closeIdleConnections(), 50)
      const deadline = setTimeout(() => server.server.closeAllConnections(), CLOSE_TIMEOUT)
      await server.close()
      clearInterval(idle)
      clearTimeout(deadline)
      await grpcClosed
      await commits.drain()
      writer.close()
    },
  }

  async function serveGrpc(): Promise<GrpcServer | undefined> {
    if (given.grpcPort === undefined) return undefined
    return startGrpcServer({
      host: settings.host,
      port: given.grpcPort,
      ingest,
      authorise: async () => store.project,
      observe: (status, seconds) => metrics.observeRequest(status, seconds),
      log: server.log,
    })
  }
}
