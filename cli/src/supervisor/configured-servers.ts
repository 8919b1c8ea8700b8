import { setTimeout as sleep } from 'node:timers/promises'
import { InfrastructureError } from '@weir/config'
import { pingUrl } from '@weir/store'
import type { Config } from '../config.ts'
import { answersHttp, answersRedis } from './readiness.ts'

/** A server of the user's, in place of an embedded engine. */
export interface ConfiguredServer {
  readonly name: string
  /** Without its password. */
  readonly url: string
  readonly variable: string
  readonly answers: () => Promise<boolean>
}

/** It may be starting at the same time as Weir. */
const TIMEOUT_MS = 10_000

export function configuredServers({ embedded, clickhouseUrl, redisUrl }: Config): ConfiguredServer[] {
  const redis = new URL(redisUrl)
  return [
    {
      name: 'ClickHouse',
      url: safeUrl(clickhouseUrl),
      variable: 'WEIR_CLICKHOUSE_URL',
      isEmbedded: embedded.clickhouse,
      answers: () => answersHttp(pingUrl(clickhouseUrl)),
    },
    {
      name: 'Redis',
      url: safeUrl(redisUrl),
      variable: 'WEIR_REDIS_URL',
      isEmbedded: embedded.valkey,
      answers: () => answersRedis(redis.hostname, Number(redis.port || 6379), redis.protocol === 'rediss:'),
    },
  ].filter(({ isEmbedded }) => !isEmbedded)
}

/** Throws one error that names what does not answer. */
export async function requireServers(config: Config): Promise<void> {
  await Promise.all(
    configuredServers(config).map(async ({ name, url, variable, answers }) => {
      const deadline = performance.now() + TIMEOUT_MS
      while (!(await answers())) {
        if (performance.now() > deadline) {
          throw new InfrastructureError(`${name} does not answer at ${url}: start it, or correct ${variable}`)
        }
        await sleep(500)
      }
    }),
  )
}

/** The URL without its password, for messages. */
export function safeUrl(text: string): string {
  const url = new URL(text)
  if (url.password !== '') url.password = '***'
  return url.href
}
