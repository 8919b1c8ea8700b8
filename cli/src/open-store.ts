import { createStore, type Store } from '@weir/store'
import type { Config } from './config.ts'
import { infrastructureError } from './errors.ts'
import { pingUrl, safeUrl } from './supervisor/configured-servers.ts'

/** A store whose server answers; throws an error that says what to do if it does not. */
export async function openStore(config: Config): Promise<Store> {
  const address = safeUrl(config.clickhouseUrl)
  try {
    const response = await fetch(pingUrl(config.clickhouseUrl), {
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
