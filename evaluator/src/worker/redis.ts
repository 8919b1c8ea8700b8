import { Redis } from 'ioredis'
import { InfrastructureError } from '../errors.ts'

/** A connection that is retried for ever: workers outlive restarts of Redis. */
export function createWorkerRedis(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(times * 200, 2_000),
  })
  redis.on('error', onError)
  return redis
}

/**
 * A connection that is ready.
 * @throws InfrastructureError if Redis does not answer now
 */
export async function connectRedis(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, connectTimeout: 5_000 })
  let problem: string | undefined
  redis.on('error', (error: Error) => {
    problem = error.message || (error as NodeJS.ErrnoException).code
  })
  const timeUp = new Promise<false>((resolve) => setTimeout(resolve, 5_000, false).unref())
  const ready = redis.connect().then(
    () => true,
    () => false,
  )
  if (await Promise.race([ready, timeUp])) return redis
  redis.disconnect()
  throw new InfrastructureError(
    `Redis at ${url.replace(/\/\/.*@/, '//')} is not ready: ${problem ?? 'no reason given'}. Start it with \`weir up\`, or set WEIR_REDIS_URL.`,
  )
}
