import { reachableHost } from '@weir/config'
import type { Config } from '../config.ts'
import { answersHttp, answersRedis } from './readiness.ts'
import { ENGINE_HOST } from './secrets.ts'

/** A process that the supervisor keeps running. */
export interface ProcessSpec {
  readonly name: string
  /** Arguments of `weir` that start it. */
  readonly args: readonly string[]
  /** Processes that must be ready before this one starts. */
  readonly after: readonly string[]
  readonly url: string
  /** The address that its ports are opened at. */
  readonly host: string
  readonly ports: readonly Port[]
  readonly isReady: () => Promise<boolean>
  /** Time to end by itself after SIGTERM. */
  readonly stopDeadlineMs: number
}

export interface Port {
  readonly number: number
  /** The variable that moves it. */
  readonly variable: string
}

/** In starting order; stopping goes the other way. */
export function processList(config: Config): ProcessSpec[] {
  const { ports, host } = config
  const http = (number: number) => `http://${reachableHost(host)}:${number}`
  const engines: ProcessSpec[] = []
  if (config.embedded.clickhouse) {
    engines.push({
      name: 'clickhouse',
      args: ['engine', 'clickhouse'],
      after: [],
      url: `http://${ENGINE_HOST}:${ports.clickhouse}`,
      host: ENGINE_HOST,
      ports: [{ number: ports.clickhouse, variable: 'WEIR_EMBEDDED_CLICKHOUSE_PORT' }],
      isReady: () => answersHttp(`http://${ENGINE_HOST}:${ports.clickhouse}/ping`),
      stopDeadlineMs: 20_000,
    })
  }
  if (config.embedded.valkey) {
    engines.push({
      name: 'valkey',
      args: ['engine', 'valkey'],
      after: [],
      url: `redis://${ENGINE_HOST}:${ports.valkey}`,
      host: ENGINE_HOST,
      ports: [{ number: ports.valkey, variable: 'WEIR_EMBEDDED_VALKEY_PORT' }],
      isReady: () => answersRedis(ENGINE_HOST, ports.valkey),
      stopDeadlineMs: 10_000,
    })
  }
  const started = engines.map((engine) => engine.name)
  const collector = http(ports.otlpHttp)
  const worker = http(ports.worker)
  const dashboard = http(ports.dashboard)
  return [
    ...engines,
    {
      name: 'collector',
      args: ['collector'],
      after: started.filter((name) => name === 'clickhouse'),
      url: collector,
      host,
      ports: [
        { number: ports.otlpHttp, variable: 'WEIR_OTLP_HTTP_PORT' },
        { number: ports.otlpGrpc, variable: 'WEIR_OTLP_GRPC_PORT' },
      ],
      isReady: () => answersHttp(`${collector}/readyz`),
      stopDeadlineMs: 10_000,
    },
    {
      name: 'worker',
      args: ['worker'],
      after: started,
      url: worker,
      host,
      ports: [{ number: ports.worker, variable: 'WEIR_WORKER_PORT' }],
      isReady: () => answersHttp(`${worker}/readyz`),
      stopDeadlineMs: 15_000,
    },
    {
      name: 'dashboard',
      args: ['dashboard'],
      after: [],
      url: dashboard,
      host,
      ports: [{ number: ports.dashboard, variable: 'WEIR_DASHBOARD_PORT' }],
      isReady: () => answersHttp(`${dashboard}/readyz`),
      stopDeadlineMs: 5_000,
    },
  ]
}

/** What children must know to find each other. */
export function childEnvironment(config: Config): NodeJS.ProcessEnv {
  return {
    ...process.env,
    WEIR_HOME: config.home,
    WEIR_CLICKHOUSE_URL: config.clickhouseUrl,
    WEIR_REDIS_URL: config.redisUrl,
    WEIR_ENDPOINT: config.endpoint,
    ...(config.queueKey === undefined ? {} : { WEIR_QUEUE_KEY: config.queueKey }),
  }
}
