import { InfrastructureError } from '@weir/config'
import { Redis } from 'ioredis'
import { messageOf } from '../errors.ts'
import { withTimeLimit } from '../time-limit.ts'

/** A connection that is retried for ever: workers outlive restarts of Redis. */
export function createWorkerRedis(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(times * 200, 2_000),
  })
  redis.on('error', onError)
  return redis
}

const CONNECT_TIMEOUT_MS = 5_000

/**
 * A connection that is ready.
 * @throws InfrastructureError if Redis does not answer now
 */
export async function connectRedis(url: string): Promise<Redis> {
  const connectTimeout = CONNECT_TIMEOUT_MS
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, connectTimeout })
  let problem: string | undefined
  redis.on('error', (error: Error) => {
    problem = error.message || (error as NodeJS.ErrnoException).code
  })
  try {
    await withTimeLimit(() => redis.connect(), CONNECT_TIMEOUT_MS)
    return redis
  } catch (cause) {
    redis.disconnect()
    throw new InfrastructureError(
      `Redis at ${url.replace(/\/\/.*@/, '//')} is not ready: ${problem ?? messageOf(cause)}. Start it with \`weir up\`, or set WEIR_REDIS_URL.`,
      { cause },
    )
  }
}
