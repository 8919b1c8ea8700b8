import { createStore, type Store } from '@weir/store'
import type { Config } from './config.ts'
import { infrastructureError } from './errors.ts'

/** A store whose server answers; throws an error that says what to do if it does not. */
export async function openStore(config: Config): Promise<Store> {
  const address = safeUrl(config.clickhouseUrl)
  try {
    const response = await fetch(new URL('/ping', config.clickhouseUrl.replace(/\/\/[^@/]*@/, '//')), {
      signal: AbortSignal.timeout(5_000),
    })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
  } catch (cause) {
    throw infrastructureError(
      `no ClickHouse answers at ${address}: start Weir with "weir up", or set WEIR_CLICKHOUSE_URL`,
      { cause },
    )
  }
  return createStore({
    url: config.clickhouseUrl,
    database: config.clickhouseDatabase,
    project: config.project,
  })
}

/** The URL without its password, for messages. */
export function safeUrl(text: string): string {
  const url = new URL(text)
  if (url.password !== '') url.password = '***'
  return url.href
}
