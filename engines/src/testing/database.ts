import { type ClickHouseClient, type ClickHouseClientConfigOptions, createClient } from '@clickhouse/client'
import { afterAll, beforeAll, inject } from 'vitest'
import { testDatabase } from '../testing.ts'

/** A client on a database of its own, made before the file's tests and dropped after them. */
export function useDatabase(options: ClickHouseClientConfigOptions = {}): ClickHouseClient {
  const database = testDatabase()
  const settings = { output_format_json_quote_64bit_integers: 1 } as const
  const log = { level: 127 } as const
  const client = createClient({
    url: inject('clickhouseUrl'),
    database,
    clickhouse_settings: settings,
    log,
    ...options,
  })
  const admin = createClient({ url: inject('clickhouseUrl') })
  beforeAll(async () => {
    await admin.command({ query: `CREATE DATABASE ${database}` })
  })
  afterAll(async () => {
    await client.close()
    await admin.command({ query: `DROP DATABASE ${database} SYNC` })
    await admin.close()
  })
  return client
}

/** The rows of a query. */
export async function rowsOf<T>(
  client: ClickHouseClient,
  query: string,
  query_params: Record<string, unknown> = {},
): Promise<T[]> {
  return await (await client.query({ query, query_params, format: 'JSONEachRow' })).json<T>()
}
