import { z } from 'zod'
import { retentionDays } from './retention-days.ts'
import {
  baseUrls,
  bytes,
  count,
  duration,
  durationSchema,
  hosts,
  httpUrl,
  origins,
  port,
  text,
  urlKeys,
} from './values.ts'
import type { Reader, Variable } from './variable.ts'

/** Every variable that a process of Weir reads, by the name that the code has for it. */
export const VARIABLES = {
  home: {
    ...text,
    name: 'WEIR_HOME',
    default: '.weir',
    readers: ['weir'],
    meaning: 'directory of all state',
  },
  host: {
    ...text,
    name: 'WEIR_HOST',
    default: '127.0.0.1',
    readers: ['weir', 'collector', 'worker', 'dashboard'],
    meaning: 'address that collector, worker and dashboard bind; the embedded engines stay on loopback',
  },
  allowedHosts: {
    ...hosts,
    name: 'WEIR_ALLOWED_HOSTS',
    default: '',
    readers: ['weir', 'collector', 'worker'],
    meaning:
      'names by which collector, worker and dashboard may be reached, besides `localhost`, addresses and `WEIR_HOST`; separated by ' +
      'commas; `*.example.com` for all below one, `*` for all: docs/SECURITY.md',
  },
  otlpHttpPort: {
    ...port,
    name: 'WEIR_OTLP_HTTP_PORT',
    default: '4318',
    readers: ['weir', 'collector', 'dashboard'],
    meaning: 'OTLP/HTTP',
  },
  otlpGrpcPort: {
    ...port,
    name: 'WEIR_OTLP_GRPC_PORT',
    default: '4317',
    readers: ['weir', 'collector'],
    meaning: 'OTLP/gRPC',
  },
  dashboardPort: {
    ...port,
    name: 'WEIR_DASHBOARD_PORT',
    default: '3000',
    readers: ['weir'],
    meaning: 'the dashboard',
  },
  workerPort: {
    ...port,
    name: 'WEIR_WORKER_PORT',
    default: '4319',
    readers: ['weir', 'worker'],
    meaning: "the worker's health and metrics",
  },
  embeddedClickhousePort: {
    ...port,
    name: 'WEIR_EMBEDDED_CLICKHOUSE_PORT',
    otherwise: '`8123`',
    readers: ['weir'],
    meaning: 'embedded ClickHouse',
  },
  embeddedValkeyPort: {
    ...port,
    name: 'WEIR_EMBEDDED_VALKEY_PORT',
    otherwise: '`6379`',
    readers: ['weir'],
    meaning: 'embedded Valkey',
  },
  clickhouseUrl: {
    ...httpUrl,
    name: 'WEIR_CLICKHOUSE_URL',
    otherwise: 'the embedded one',
    readers: ['weir', 'store'],
    meaning: 'a server of yours, with `user:password@` where needed; the embedded one is then not started',
  },
  clickhouseDatabase: {
    name: 'WEIR_CLICKHOUSE_DATABASE',
    schema: z.string().regex(/^[A-Za-z_]\w*$/),
    expected: 'letters, digits and underscores, not beginning with a digit',
    default: 'weir',
    readers: ['weir', 'store'],
    meaning: 'database; created if missing',
  },
  redisUrl: {
    name: 'WEIR_REDIS_URL',
    schema: z.url({ protocol: /^rediss?$/ }),
    expected: 'a redis:// or rediss:// URL',
    otherwise: 'the embedded one',
    readers: ['weir', 'worker'],
    meaning: 'a server of yours (`redis://`, `rediss://`); the embedded one is then not started',
  },
  project: {
    ...text,
    name: 'WEIR_PROJECT',
    default: 'default',
    readers: ['weir', 'store', 'eval'],
    meaning: 'the `project` that is written and read',
  },
  endpoint: {
    ...httpUrl,
    name: 'WEIR_ENDPOINT',
    otherwise: '`http://127.0.0.1:4318`',
    readers: ['weir', 'worker', 'dashboard', 'sdk'],
    meaning: 'base URL of the collector, for the SDK, evaluations and the hints on pages',
  },
  apiKey: {
    ...text,
    name: 'WEIR_API_KEY',
    isSecret: true,
    readers: ['weir', 'worker', 'sdk'],
    meaning:
      'a key of `weir keys create`, which SDK, evaluations and `weir import` send as `authorization: Bearer`: docs/SECURITY.md',
  },
  queueKey: {
    name: 'WEIR_QUEUE_KEY',
    schema: z.string().trim().min(16),
    expected: '16 characters or more',
    otherwise: 'that of the home',
    isSecret: true,
    readers: ['weir', 'worker'],
    meaning:
      'secret of 16 characters or more that signs the jobs of queued evaluations: the same for `weir eval --queue` and the workers',
  },
  flowServers: {
    ...baseUrls,
    name: 'WEIR_FLOW_SERVERS',
    default: '',
    readers: ['weir', 'dashboard'],
    meaning:
      'base URLs of servers whose flows the dashboard lists and runs, such as `http://127.0.0.1:3400`, separated by commas: what `serve` ' +
      'of `@weir/sdk` answers at, or the reflection server of a Genkit app: docs/OPERATING.md',
  },
  flowServerKeys: {
    ...urlKeys,
    name: 'WEIR_FLOW_SERVER_KEYS',
    default: '',
    isSecret: true,
    readers: ['weir', 'dashboard'],
    meaning:
      'keys of these servers, `http://127.0.0.1:3400=key`, separated by commas; the dashboard sends each to its server alone, as ' +
      '`authorization: Bearer`',
  },
  settleQuietMs: {
    ...duration,
    name: 'WEIR_SETTLE_QUIET',
    default: '2s',
    readers: ['weir', 'worker'],
    meaning: 'a trace settles once none of its spans has come for this long',
  },
  retention: {
    ...retentionDays,
    name: 'WEIR_RETENTION_DAYS',
    otherwise: 'for ever',
    readers: ['weir', 'worker'],
    meaning:
      'for how many days a run is kept after its last span came: `90`, or by project `90,support=30,audit=forever`: docs/OPERATING.md',
  },
  payloadRetention: {
    ...retentionDays,
    name: 'WEIR_PAYLOAD_RETENTION_DAYS',
    otherwise: 'as long as the run',
    readers: ['weir', 'worker'],
    meaning:
      'for how many days inputs, outputs, metadata, attributes and events are kept, which take most of the disk; runs, steps, times, tokens and costs stay',
  },
  livenessTimeoutMs: {
    name: 'WEIR_LIVENESS_TIMEOUT',
    schema: durationSchema.refine((ms) => ms >= 1_000),
    expected: 'a duration of at least 1s, such as 30s or 2m',
    default: '30s',
    readers: ['weir'],
    meaning:
      '`weir up` kills and restarts a process that has answered once and then stays silent for this long; 1 s or more',
  },
  concurrency: {
    ...count,
    name: 'WEIR_WORKER_CONCURRENCY',
    default: '8',
    readers: ['worker'],
    meaning: 'trials of queued evaluations at once',
  },
  lockMs: {
    ...duration,
    name: 'WEIR_WORKER_LOCK',
    default: '30s',
    readers: ['worker'],
    meaning: 'another worker takes over a job whose worker has been silent for this long',
  },
  logLevel: {
    name: 'WEIR_LOG_LEVEL',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    expected: 'one of fatal, error, warn, info, debug, trace, silent',
    default: 'info',
    readers: ['collector'],
    meaning: '`fatal error warn info debug trace silent`',
  },
  corsOrigins: {
    ...origins,
    name: 'WEIR_CORS_ORIGINS',
    default: '',
    readers: ['collector'],
    meaning:
      'origins of pages that may send traces from a browser, separated by commas; `*` for all; pages of others are refused with 403',
  },
  maxBodyBytes: {
    ...bytes(1024),
    name: 'WEIR_MAX_BODY_BYTES',
    default: '67108864',
    readers: ['collector'],
    meaning: 'largest body of a request, decompressed; beyond it 413',
  },
  maxPendingBytes: {
    ...bytes(1024),
    name: 'WEIR_MAX_PENDING_BYTES',
    default: '268435456',
    readers: ['collector'],
    meaning: 'what requests and pending spans may hold in memory; beyond it 503',
  },
  maxFieldBytes: {
    ...bytes(1024),
    name: 'WEIR_MAX_FIELD_BYTES',
    default: '4194304',
    readers: ['collector'],
    meaning:
      'largest text of one field; what is larger is cut, with a marker that says how large it was; the length of an input or output is ' +
      'kept in `input_length`, `output_length` too',
  },
  redaction: {
    ...text,
    name: 'WEIR_REDACTION',
    readers: ['collector'],
    meaning: 'JSON file that says what must never be stored: docs/SECURITY.md',
  },
  redactionSalt: {
    schema: z.string().min(1),
    expected: '16 characters or more',
    name: 'WEIR_REDACTION_SALT',
    isSecret: true,
    readers: ['collector'],
    meaning: 'secret of the hashes that redaction leaves, 16 characters or more',
  },
  prices: {
    ...text,
    name: 'WEIR_PRICES',
    readers: ['collector', 'eval'],
    meaning:
      'JSON file of prices, which count before those that come with Weir; read at the start: docs/CONFIGURATION.md',
  },
  rateLimit: {
    name: 'WEIR_RATE_LIMIT',
    schema: z.coerce.number().positive(),
    expected: 'a number above 0',
    readers: ['collector'],
    meaning:
      'spans a second of each project, ten times as many in a burst; beyond it 429. A request costs its spans, or one for every 16 KiB of ' +
      'it, decompressed, where that is more; one at least, also if it is refused',
  },
  walMaxBytes: {
    ...bytes(1024 * 1024),
    name: 'WEIR_WAL_MAX_BYTES',
    default: '8589934592',
    readers: ['collector'],
    meaning: 'what may wait in the write-ahead log, its quarantine included; beyond it 503',
  },
} as const satisfies Readonly<Record<string, Variable>>

type Table = typeof VARIABLES

type Value<V extends Variable> = z.output<V['schema']> | (V extends { default: string } ? never : undefined)

/** What a reader gets: a value for each of its variables, undefined for one that has no default and is not set. */
export type Variables<R extends Reader> = {
  readonly [K in keyof Table as R extends Table[K]['readers'][number] ? K : never]: Value<Table[K]>
}
