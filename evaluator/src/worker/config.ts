import { readVariables, type Variables } from '@weir/config'
import { createStore, type Store, storeOptionsFromEnv } from '@weir/store'

type Read = Variables<'worker'>

/** The variables of the worker; those that are not named have their defaults. */
export interface WorkerConfig
  extends Pick<Read, 'host' | 'settleQuietMs'>,
    Partial<
      Pick<
        Read,
        | 'allowedHosts'
        | 'endpoint'
        | 'apiKey'
        | 'queueKey'
        | 'concurrency'
        | 'lockMs'
        | 'retention'
        | 'payloadRetention'
      >
    > {
  /** Health and metrics; 0: any free port. */
  readonly port: number
  readonly redisUrl: string
  /** With its tables up to date; the caller closes it. */
  readonly store: Store
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
