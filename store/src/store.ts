import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client'

export interface StoreOptions {
  /** Base URL of ClickHouse's HTTP interface, e.g. `http://127.0.0.1:8123`; may carry `user:password@`. */
  readonly url: string
  readonly database: string
  /** The project that queries read when they name none. */
  readonly project?: string
  /** Milliseconds without an answer after which a request fails; default two minutes. */
  readonly timeout?: number
  /** Seconds after which ClickHouse itself ends a query; without end by default. */
  readonly maxExecutionSeconds?: number
}

/** A connection to Weir's database. Every query of this package takes it first. */
export interface Store {
  /** The official client with the database set, so that SQL never names it. */
  readonly client: ClickHouseClient
  readonly url: string
  readonly database: string
  readonly project: string
  /** Ends the queries of {@link rows} that it is given to. */
  readonly signal?: AbortSignal
  close(): Promise<void>
}

/** Values that a query binds: `{name:Type}` in SQL. */
export type QueryParams = Readonly<Record<string, unknown>>

/** Opens a store. Nothing is sent until the first query. */
export function createStore({
  url,
  database,
  project = 'default',
  timeout = 120_000,
  maxExecutionSeconds = 0,
}: StoreOptions): Store {
  const client = createClient({
    url,
    database,
    application: 'weir',
    request_timeout: timeout,
    // Errors are thrown: the caller decides what to print.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      ...SETTINGS,
      ...(maxExecutionSeconds > 0 ? { max_execution_time: maxExecutionSeconds } : {}),
    },
  })
  return { client, url, database, project, close: () => client.close() }
}

/** Nanosecond values leave SQL through `toString`, so plain JSON numbers are safe for all other integers. */
const SETTINGS: ClickHouseSettings = {
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 0,
  date_time_input_format: 'best_effort',
  // The text of a query may hold the ids of all traces of a pass.
  max_query_size: String(64 * 1024 * 1024),
}

/** Runs a query and returns its rows. */
export async function rows<T>(store: Store, query: string, params: QueryParams = {}): Promise<T[]> {
  const result = await store.client.query({
    query,
    query_params: { ...params },
    format: 'JSONEachRow',
    ...(store.signal === undefined ? {} : { abort_signal: store.signal }),
  })
  return result.json<T>()
}

/** The first row of a query, or undefined. */
export async function firstRow<T>(
  store: Store,
  query: string,
  params: QueryParams = {},
): Promise<T | undefined> {
  return (await rows<T>(store, query, params))[0]
}

/** Runs a statement that returns nothing: DDL, `INSERT ... SELECT`. */
export async function execute(store: Store, query: string, params: QueryParams = {}): Promise<void> {
  await store.client.command({ query, query_params: { ...params } })
}

/**
 * Inserts objects; keys are column names, missing columns take their defaults. The one place where text becomes JSON for ClickHouse, so
 * that all of it is Unicode here: half an emoji would have the whole insert refused, and becomes U+FFFD.
 */
export async function insert<T extends object>(
  store: Store,
  table: string,
  values: readonly T[],
  settings: ClickHouseSettings = {},
): Promise<void> {
  if (values.length === 0) return
  await store.client.insert({
    table,
    values: values.map(wellFormed),
    format: 'JSONEachRow',
    clickhouse_settings: settings,
  })
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]),
  )
}
