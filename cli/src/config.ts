import { resolve } from 'node:path'
import { collectorUrl, readVariables, type Variables } from '@weir/config'
import { ENGINE_HOST, type Engine, readQueueKey, readUrl } from './supervisor/secrets.ts'

/** The variables of the command line, and what they mean for this home. */
export interface Config
  extends Omit<Variables<'weir'>, `${string}Port` | 'clickhouseUrl' | 'redisUrl' | 'endpoint'> {
  readonly clickhouseUrl: string
  readonly redisUrl: string
  /** Base URL of the collector. */
  readonly endpoint: string
  readonly ports: {
    readonly otlpHttp: number
    readonly otlpGrpc: number
    readonly dashboard: number
    readonly clickhouse: number
    readonly valkey: number
    readonly worker: number
  }
  /** False when WEIR_CLICKHOUSE_URL or WEIR_REDIS_URL names a server of the user's. */
  readonly embedded: { readonly clickhouse: boolean; readonly valkey: boolean }
}

/** Reads the WEIR_* variables, and what the home knows of the embedded engines. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const {
    otlpHttpPort,
    otlpGrpcPort,
    dashboardPort,
    workerPort,
    embeddedClickhousePort,
    embeddedValkeyPort,
    ...read
  } = readVariables('weir', env)
  const home = resolve(read.home)
  return {
    ...read,
    home,
    ports: {
      otlpHttp: otlpHttpPort,
      otlpGrpc: otlpGrpcPort,
      dashboard: dashboardPort,
      clickhouse: embeddedClickhousePort ?? 8123,
      valkey: embeddedValkeyPort ?? 6379,
      worker: workerPort,
    },
    embedded: { clickhouse: read.clickhouseUrl === undefined, valkey: read.redisUrl === undefined },
    clickhouseUrl:
      read.clickhouseUrl ??
      embeddedUrl(home, 'clickhouse', embeddedClickhousePort, `http://${ENGINE_HOST}:8123`),
    redisUrl: read.redisUrl ?? embeddedUrl(home, 'valkey', embeddedValkeyPort, `redis://${ENGINE_HOST}:6379`),
    endpoint: collectorUrl({ ...read, otlpHttpPort }),
    queueKey: read.queueKey ?? readQueueKey(home),
  }
}

/** As the home says it; before its first start without a password, which nothing takes then. */
function embeddedUrl(home: string, engine: Engine, port: number | undefined, otherwise: string): string {
  const url = readUrl(home, engine) ?? new URL(otherwise)
  if (port !== undefined) url.port = String(port)
  return url.href.replace(/\/$/, '')
}
