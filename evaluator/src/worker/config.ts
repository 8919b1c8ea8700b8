import { readVariables } from '@weir/config'
import { createStore, type Store, storeOptionsFromEnv } from '@weir/store'

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
  readonly apiKey?: string | undefined
  /** Checks the signatures of queued jobs; without it none is run. */
  readonly queueKey?: string | undefined
  /** A trace settles when nothing came for so long. */
  readonly settleQuietMs: number
  /** Trials of queued evaluations at once. Default 8. */
  readonly concurrency?: number
  /** A job whose worker is silent for so long is taken over. Default 30 s. */
  readonly lockMs?: number
}

/** Reads the worker's configuration from `WEIR_*` variables. */
export function workerConfigFromEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): WorkerConfig {
  const {
    workerPort: port,
    redisUrl = 'redis://127.0.0.1:6379',
    endpoint = 'http://127.0.0.1:4318',
    ...settings
  } = readVariables('worker', env)
  return { ...settings, port, redisUrl, endpoint, store: createStore(storeOptionsFromEnv(env)) }
}
