import { setFlagsFromString } from 'node:v8'
import { readPrices } from '@weir/dialects'
import type { Store } from '@weir/store'
import { type CollectorSettings, collectorSettingsFromEnv } from './config.ts'
import { Ingest } from './ingest/ingest.ts'
import { Log } from './log.ts'
import { Rewriter } from './redaction/rewriter.ts'
import { readRedactionRules } from './redaction/rules.ts'
import { openAuthenticator } from './serve/auth/open-authenticator.ts'
import { RateLimit } from './serve/auth/rate-limit.ts'
import { Connections, maxConnections } from './serve/connections.ts'
import { GrpcServer } from './serve/grpc/server.ts'
import { type ConnectionLimits, HttpServer } from './serve/http/server.ts'
import { Metrics } from './serve/metrics.ts'
import { Storage } from './storage.ts'

/**
 * Everything but the store has the default that the environment variable of the same meaning has; gRPC is served only
 * where its port is given.
 */
export interface CollectorConfig extends Partial<CollectorSettings> {
  readonly store: Pick<Store, 'url' | 'database' | 'project'>
  /** Directory of the write-ahead log, of this collector alone. */
  readonly walDirectory: string
  /**
   * Resolves once the tables are there: spans are taken before, and inserted from then on. Now by default. Rejects where
   * the tables are not ours: spans are refused then, and `/readyz` says why.
   */
  readonly migrated?: Promise<unknown>
  readonly limits?: ConnectionLimits
  /** Milliseconds between two pings on a connection of gRPC. */
  readonly keepaliveInterval?: number
}

/** A running collector. */
export interface Collector {
  /** Base URL for exporters; traces go to `<url>/v1/traces`. */
  readonly url: string
  readonly port: number
  /** Port of OTLP/gRPC, where it is served. */
  readonly grpcPort: number | undefined
  /** Takes no new connections, delivers what can be delivered soon, and stops; the rest stays in the log. Once, however often it is called. */
  close(): Promise<void>
}

/** Milliseconds that requests have to be finished in once the collector closes. */
const CLOSE_TIMEOUT_MS = 5_000
/** Milliseconds that ClickHouse then has to take what is in the log. */
const DELIVERY_TIMEOUT_MS = 3_500

/** A span goes through many small functions: with V8's usual budget for inlining, 920, they take 15 % longer. */
const INLINING = '--max-inlined-bytecode-size-cumulative=2500'

/**
 * Starts an OTLP receiver that writes to a log, and from there to the table `spans`.
 * @throws RedactionError where the rules of redaction cannot be used
 * @throws PriceFileError where the file of prices cannot be used
 * @throws DirectoryInUseError where another collector has the log open
 * @throws LogFormatError where a newer version has written in the log
 * @throws NodeJS.ErrnoException `EADDRINUSE` where the port of HTTP is taken
 * @throws GrpcPortError where the port of gRPC cannot be bound
 */
export async function startCollector({
  store,
  walDirectory,
  migrated = Promise.resolve(),
  limits,
  keepaliveInterval,
  ...given
}: CollectorConfig): Promise<Collector> {
  setFlagsFromString(INLINING)
  const settings = { ...collectorSettingsFromEnv({}), ...given }
  const { redaction, redactionSalt, maxFieldBytes, rateLimit } = settings
  const prices = readPrices(settings.prices)
  const rules = redaction === undefined ? undefined : readRedactionRules(redaction, redactionSalt)
  const log = new Log(settings.logLevel)
  const storage: Storage = await Storage.open({
    store,
    settings,
    prices,
    walDirectory,
    migrated,
    log,
    observeInsert: (seconds) => metrics.observeInsert(seconds),
    observeFailure: (failure) => metrics.observeInsertFailure(failure),
  })
  const metrics: Metrics = new Metrics(() => storage.snapshot())
  const rewriter = new Rewriter({
    rules,
    maxFieldBytes,
    observeRedaction: (rule) => metrics.observeRedaction(rule),
    observeTruncation: () => metrics.observeTruncation(),
  })
  const ingest = new Ingest(storage.commits, {
    ...settings,
    rewriter,
    rateLimit: rateLimit === undefined ? undefined : new RateLimit(rateLimit),
  })
  const hosts = [...settings.allowedHosts, settings.host.toLowerCase()]
  const authenticator = await openAuthenticator({ store, host: settings.host, directory: walDirectory, log })
  const connections = new Connections(limits?.maxConnections ?? maxConnections(), log)
  const http = new HttpServer({
    ingest,
    metrics,
    authorise: authenticator.authorise,
    ping: () => storage.ready(),
    flush: () => storage.flush(),
    log,
    hosts,
    connections,
    corsOrigins: settings.corsOrigins,
    ...(limits !== undefined && { limits }),
  })
  const { url, grpc } = await serve().catch(async (error: unknown) => {
    await http.close(0)
    await authenticator.close()
    await storage.close(0)
    throw error
  })
  let closed: Promise<void> | undefined
  return {
    url,
    port: http.port,
    grpcPort: grpc?.port,
    close: () => {
      closed ??= close()
      return closed
    },
  }

  async function close(): Promise<void> {
    const grpcClosed = grpc?.close(CLOSE_TIMEOUT_MS)
    await http.close(CLOSE_TIMEOUT_MS)
    await grpcClosed
    await authenticator.close()
    await storage.close(DELIVERY_TIMEOUT_MS)
  }

  async function serve() {
    const url = await http.listen({ host: settings.host, port: settings.port })
    return { url, grpc: await serveGrpc() }
  }

  async function serveGrpc(): Promise<GrpcServer | undefined> {
    if (given.grpcPort === undefined) return undefined
    const server = new GrpcServer({
      ingest,
      authorise: authenticator.authorise,
      hosts,
      requests: metrics.requests,
      log,
      connections,
      ...(keepaliveInterval !== undefined && { keepaliveInterval }),
    })
    await server.listen({ host: settings.host, port: given.grpcPort })
    return server
  }
}
