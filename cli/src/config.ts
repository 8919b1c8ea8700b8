import { resolve } from 'node:path'
import { allowedHosts } from '@weir/store'
import { z } from 'zod'
import { usageError } from './errors.ts'
import { ENGINE_HOST, type Engine, readQueueKey, readUrl } from './supervisor/secrets.ts'

export interface Config {
  /** Absolute path of the directory that holds all state. */
  readonly home: string
  /** Address that servers bind. */
  readonly host: string
  /** Names beside `host` and localhost under which servers are reached; `*` for all. */
  readonly allowedHosts: readonly string[]
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
  readonly clickhouseUrl: string
  readonly clickhouseDatabase: string
  readonly redisUrl: string
  readonly project: string
  /** Base URL of the collector. */
  readonly endpoint: string
  readonly apiKey: string | undefined
  /** Signs the jobs of queued evaluations; undefined: neither set nor in the home yet. */
  readonly queueKey: string | undefined
  readonly settleQuietMs: number
  /** A process of `weir up` that does not answer for so long is started again. */
  readonly livenessTimeoutMs: number
}

const LOOPBACK = '127.0.0.1'
const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000 }

const port = z.coerce.number().int().min(1).max(65_535)
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m)$/)
  .transform((text) => Number.parseFloat(text) * (UNITS[text.replace(/[\d.]+/, '')] ?? Number.NaN))

const environment = z.object({
  WEIR_HOME: z.string().default('.weir'),
  WEIR_HOST: z.string().default(LOOPBACK),
  WEIR_ALLOWED_HOSTS: z.string().default('').pipe(allowedHosts),
  WEIR_OTLP_HTTP_PORT: port.default(4318),
  WEIR_OTLP_GRPC_PORT: port.default(4317),
  WEIR_DASHBOARD_PORT: port.default(3000),
  WEIR_EMBEDDED_CLICKHOUSE_PORT: port.optional(),
  WEIR_EMBEDDED_VALKEY_PORT: port.optional(),
  WEIR_WORKER_PORT: port.default(4319),
  WEIR_CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }).optional(),
  WEIR_CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_]\w*$/)
    .default('weir'),
  WEIR_REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  WEIR_PROJECT: z.string().trim().default('default'),
  WEIR_SETTLE_QUIET: duration.default(2_000),
  WEIR_LIVENESS_TIMEOUT: duration.refine((ms) => ms >= 1_000).default(30_000),
  WEIR_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  WEIR_API_KEY: z.string().trim().optional(),
  WEIR_QUEUE_KEY: z.string().trim().min(16).optional(),
})

const EXPECTED: Record<string, string> = {
  WEIR_ALLOWED_HOSTS: 'names such as weir.example.com or *.example.com, separated by commas, or * for all',
  WEIR_CLICKHOUSE_URL: 'an http:// or https:// URL',
  WEIR_CLICKHOUSE_DATABASE: 'letters, digits and underscores',
  WEIR_REDIS_URL: 'a redis:// or rediss:// URL',
  WEIR_ENDPOINT: 'an http:// or https:// URL',
  WEIR_SETTLE_QUIET: 'a duration such as 500ms, 2s or 1m',
  WEIR_QUEUE_KEY: '16 characters or more',
  WEIR_LIVENESS_TIMEOUT: 'a duration of at least 1s, such as 30s or 2m',
}

/** Reads the WEIR_* variables, an empty one counting as not set, and what the home knows of the embedded engines. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(set)
  if (!parsed.success) throw usageError(describe(parsed.error, set))
  const values = parsed.data
  const home = resolve(values.WEIR_HOME)
  const { WEIR_EMBEDDED_CLICKHOUSE_PORT: clickhousePort, WEIR_EMBEDDED_VALKEY_PORT: valkeyPort } = values
  return {
    home,
    host: values.WEIR_HOST,
    allowedHosts: values.WEIR_ALLOWED_HOSTS,
    ports: {
      otlpHttp: values.WEIR_OTLP_HTTP_PORT,
      otlpGrpc: values.WEIR_OTLP_GRPC_PORT,
      dashboard: values.WEIR_DASHBOARD_PORT,
      clickhouse: clickhousePort ?? 8123,
      valkey: valkeyPort ?? 6379,
      worker: values.WEIR_WORKER_PORT,
    },
    embedded: {
      clickhouse: values.WEIR_CLICKHOUSE_URL === undefined,
      valkey: values.WEIR_REDIS_URL === undefined,
    },
    clickhouseUrl:
      values.WEIR_CLICKHOUSE_URL ??
      embeddedUrl(home, 'clickhouse', clickhousePort, `http://${ENGINE_HOST}:8123`),
    clickhouseDatabase: values.WEIR_CLICKHOUSE_DATABASE,
    redisUrl: values.WEIR_REDIS_URL ?? embeddedUrl(home, 'valkey', valkeyPort, `redis://${ENGINE_HOST}:6379`),
    project: values.WEIR_PROJECT,
    endpoint:
      values.WEIR_ENDPOINT ?? `http://${reachableHost(values.WEIR_HOST)}:${values.WEIR_OTLP_HTTP_PORT}`,
    apiKey: values.WEIR_API_KEY,
    queueKey: values.WEIR_QUEUE_KEY ?? readQueueKey(home),
    settleQuietMs: values.WEIR_SETTLE_QUIET,
    livenessTimeoutMs: values.WEIR_LIVENESS_TIMEOUT,
  }
}

/** As the home says it; before its first start without a password, which nothing takes then. */
function embeddedUrl(home: string, engine: Engine, port: number | undefined, otherwise: string): string {
  const url = readUrl(home, engine) ?? new URL(otherwise)
  if (port !== undefined) url.port = String(port)
  return url.href.replace(/\/$/, '')
}

/** Where a client on this machine reaches a server that binds `host`. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0') return LOOPBACK
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function describe(error: z.ZodError, set: Record<string, unknown>): string {
  return error.issues
    .map((issue) => {
      const name = String(issue.path[0])
      const expected = EXPECTED[name] ?? (name.endsWith('_PORT') ? 'a port from 1 to 65535' : issue.message)
      const came = name.endsWith('_KEY') ? 'too short' : `"${set[name]}"`
      return `${name} is ${came}, expected ${expected}`
    })
    .join('\n')
}
