import { InfrastructureError } from '@weir/config'
import { createStore, pingUrl, type Store } from '@weir/store'
import type { Config } from './config.ts'
import { safeUrl } from './supervisor/configured-servers.ts'

/** A store whose server answers; throws an error that says what to do if it does not. */
export async function openStore(config: Config): Promise<Store> {
  const address = safeUrl(config.clickhouseUrl)
  try {
    const response = await fetch(pingUrl(config.clickhouseUrl), {
      signal: AbortSignal.timeout(5_000),
    })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
  } catch (cause) {
    throw new InfrastructureError(
      `no ClickHouse answers at ${address}: start Weir with "weir up", or set WEIR_CLICKHOUSE_URL`,
      { cause },
    )
  }
  const { clickhouseUrl: url, clickhouseDatabase: database, project } = config
  const store = createStore({ url, database, project })
  try {
    await admitted(store, address)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/** https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp */
const REFUSED = new Set(['192', '193', '194', '516'])

/** A ping needs no password, all else does. */
async function admitted({ client }: Store, address: string): Promise<void> {
  try {
    // Not in the database, which may not be there yet.
    await client.command({
      query: 'SELECT 1',
      clickhouse_settings: {},
      http_headers: { 'x-clickhouse-database': 'default' },
    })
  } catch (cause) {
    if (!REFUSED.has((cause as { code?: string }).code ?? '')) return
    throw new InfrastructureError(
      `ClickHouse at ${address} refuses the user or the password: set WEIR_HOME to that of "weir up", or WEIR_CLICKHOUSE_URL to what its file clickhouse.url holds`,
      { cause },
    )
  }
}
