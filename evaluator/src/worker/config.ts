import { allowedHosts, createStore, type Store, storeOptionsFromEnv } from '@weir/store'
import { z } from 'zod'
import { parseDuration } from '../checks/duration.ts'
import { UsageError } from '../errors.ts'

export interface WorkerConfig {
  readonly host: string
  /** Names beside `host` and localhost that requests may name as their host; `*` for all. */
  readonly allowedHosts?: readonly string[]
  /** Health and metrics; 0: any free port. */
  readonly port: number
  readonly redisUrl: string
  /** With its tables up to date; the caller closes it. */
  readonly store: Store
  /** Base URL of the collector, for the runs of queued evaluations. Default: WEIR_ENDPOINT, `http://127.0.0.1:4318`. */
  readonly endpoint?: string
  readonly apiKey?: string
  /** Checks the signatures of queued jobs; without it none is run. */
  readonly queueKey?: string
  /** A trace settles when nothing came for so long. */
  readonly settleQuietMs: number
  /** Trials of queued evaluations at once. Default 8. */
  readonly concurrency?: number
  /** A job whose worker is silent for so long is taken over. Default 30 s. */
  readonly lockMs?: number
}

const port = z.coerce.number().int().min(0).max(65_535)
const duration = z.string().transform((value, context) => {
  try {
    return parseDuration(value) / 1e6
  } catch (error) {
    context.addIssue((error as Error).message)
    return z.NEVER
  }
})

const environment = z.object({
  WEIR_HOST: z.string().min(1).default('127.0.0.1'),
  WEIR_ALLOWED_HOSTS: z.string().default('').pipe(allowedHosts),
  WEIR_WORKER_PORT: port.default(4319),
  WEIR_REDIS_URL: z.url({ protocol: /^rediss?$/ }).default('redis://127.0.0.1:6379'),
  WEIR_ENDPOINT: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:4318'),
  WEIR_API_KEY: z.string().trim().min(1).optional(),
  WEIR_QUEUE_KEY: z.string().trim().min(16).optional(),
  WEIR_SETTLE_QUIET: duration.default(2_000),
  WEIR_WORKER_CONCURRENCY: z.coerce.number().int().min(1).default(8),
  WEIR_WORKER_LOCK: duration.default(30_000),
})

/** Reads the worker's configuration from `WEIR_*` variables. */
export function workerConfigFromEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): WorkerConfig {
  const parsed = environment.safeParse(env)
  if (!parsed.success)
    throw new UsageError(`The worker is not configured well.\n${z.prettifyError(parsed.error)}`)
  const { data } = parsed
  return {
    host: data.WEIR_HOST,
    allowedHosts: data.WEIR_ALLOWED_HOSTS,
    port: data.WEIR_WORKER_PORT,
    redisUrl: data.WEIR_REDIS_URL,
    store: createStore(storeOptionsFromEnv(env)),
    endpoint: data.WEIR_ENDPOINT,
    ...(data.WEIR_API_KEY === undefined ? {} : { apiKey: data.WEIR_API_KEY }),
    ...(data.WEIR_QUEUE_KEY === undefined ? {} : { queueKey: data.WEIR_QUEUE_KEY }),
    settleQuietMs: data.WEIR_SETTLE_QUIET,
    concurrency: data.WEIR_WORKER_CONCURRENCY,
    lockMs: data.WEIR_WORKER_LOCK,
  }
}
