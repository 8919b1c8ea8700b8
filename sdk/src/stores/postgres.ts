import pg, { type Pool, type PoolConfig } from 'pg'
import { checkKnown, expected } from '../errors.ts'
import { checkKey, checkValue, type Entry, type Store, toRange } from './store.ts'

export interface PostgresStoreOptions {
  /** The table, with its schema if that is not on the search path. It is made if it is missing. Default `weir_entries`. */
  readonly table?: string | undefined
}

/**
 * A store in a table of PostgreSQL.
 *
 * @param connection a pool of `pg`, which stays yours to end, or what to make one of: `{ connectionString: 'postgres://...' }`
 */
export function postgresStore(connection: Pool | PoolConfig, options: PostgresStoreOptions = {}): Store {
  checkKnown('options of postgresStore', options, KNOWN)
  if (typeof connection !== 'object' || connection === null)
    throw expected('postgresStore', 'a pool of pg, or options of one', connection)
  const given = 'query' in connection ? connection : undefined
  const pool = given ?? new pg.Pool(connection as PoolConfig)
  // Without a listener, a connection that breaks while idle ends the process. The pool replaces it.
  if (given === undefined) pool.on('error', () => {})
  const table = (options.table ?? 'weir_entries').split('.').map(pg.escapeIdentifier).join('.')
  let ready: Promise<void> | undefined
  let ended: Promise<void> | undefined

  const query = async (sql: string, values: readonly unknown[]): Promise<Entry[]> => {
    ready ??= createTable(pool, table)
    await ready.catch((error) => {
      ready = undefined
      throw error
    })
    const { rows } = await pool.query<Entry>(sql, [...values])
    // `bigint` arrives as text.
    return rows.map((row) => ({ ...row, version: Number(row.version) }))
  }

  return {
    async get(key) {
      checkKey(key)
      return (await query(`SELECT key, value, version FROM ${table} WHERE key = $1`, [key]))[0]
    },
    async put(key, value, version) {
      checkKey(key)
      checkValue(value)
      const rows =
        version === undefined
          ? await query(
              `INSERT INTO ${table} (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING version`,
              [key, value],
            )
          : await query(
              `UPDATE ${table} SET value = $2, version = DEFAULT WHERE key = $1 AND version = $3 RETURNING version`,
              [key, value, version],
            )
      return rows[0]?.version
    },
    async delete(key, version) {
      checkKey(key)
      const sql = `DELETE FROM ${table} WHERE key = $1 AND version = $2 RETURNING version`
      return (await query(sql, [key, version])).length === 1
    },
    async list(prefix, listOptions) {
      const { first, after, end, limit } = toRange(prefix, listOptions)
      return query(
        `SELECT key, value, version FROM ${table} WHERE key >= $1 AND key <> $2 AND key < $3 ORDER BY key LIMIT $4`,
        [first, after, end, limit],
      )
    },
    async close() {
      if (given !== undefined) return
      ended ??= pool.end()
      await ended
    },
  }
}

const KNOWN = new Set(['table'])

/**
 * Looks first, since `IF NOT EXISTS` wants the right to create even where the table exists. Processes that start together queue
 * at the lock, since PostgreSQL lets two of them collide inside `IF NOT EXISTS`; the statements of one query are one transaction.
 */
async function createTable(pool: Pool, table: string): Promise<void> {
  const { rows } = await pool.query<{ found: string | null }>('SELECT to_regclass($1) AS found', [table])
  if (rows[0]?.found) return
  await pool.query(`SELECT pg_advisory_xact_lock(hashtext('weir_entries'));
    CREATE TABLE IF NOT EXISTS ${table} (
      key text COLLATE "C" PRIMARY KEY,
      value text NOT NULL,
      version bigint GENERATED ALWAYS AS IDENTITY)`)
}
