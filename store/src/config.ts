import { readVariables } from '@weir/config'
import type { StoreOptions } from './store.ts'

/** The store's options, from `WEIR_CLICKHOUSE_URL`, `WEIR_CLICKHOUSE_DATABASE` and `WEIR_PROJECT`. */
export function storeOptionsFromEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): StoreOptions {
  const {
    clickhouseUrl: url = 'http://127.0.0.1:8123',
    clickhouseDatabase: database,
    project,
  } = readVariables('store', env)
  return { url, database, project }
}
