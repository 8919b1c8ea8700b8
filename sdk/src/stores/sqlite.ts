import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { checkKnown, expected, UsageError } from '../errors.ts'
import { checkKey, checkValue, type Entry, type Store, toRange } from './store.ts'

export interface SqliteStoreOptions {
  /** Milliseconds that an operation waits for a write of another process. It blocks this process meanwhile. Default 5,000. */
  readonly busyTimeout?: number | undefined
  /**
   * `normal` does not wait for the disk, and is ten times as fast: no write is lost when a process dies, but the last ones may be
   * when the machine does. Default `full`.
   */
  readonly synchronous?: 'full' | 'normal' | undefined
}

/**
 * A store in a SQLite file, which several processes of one machine may share. It is made if it is missing; a network file system
 * will not do, since SQLite's locks do not work there.
 *
 * SQLite has no asynchronous operations: while a write waits for the disk, the process does.
 */
export function sqliteStore(path: string, options: SqliteStoreOptions = {}): Store {
  if (typeof path !== 'string' || path === '') throw expected('sqliteStore', 'the path of a file', path)
  checkKnown('options of sqliteStore', options, KNOWN)
  const { busyTimeout = 5000, synchronous = 'full' } = options
  if (synchronous !== 'full' && synchronous !== 'normal')
    throw expected('synchronous', '"full" or "normal"', synchronous)
  const database = openFile(path, busyTimeout)
  useWriteAheadLog(database, busyTimeout)
  database.exec(`PRAGMA synchronous = ${synchronous === 'normal' ? 'NORMAL' : 'FULL'}`)
  // AUTOINCREMENT gives no number twice, whatever was deleted: it is the version.
  database.exec(`CREATE TABLE IF NOT EXISTS weir_entries (
    version INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL) STRICT`)
  const select = database.prepare('SELECT key, value, version FROM weir_entries WHERE key = ?')
  const insert = database.prepare(
    'INSERT INTO weir_entries (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING version',
  )
  const replace = database.prepare(`INSERT OR REPLACE INTO weir_entries (key, value)
    SELECT key, ? FROM weir_entries WHERE key = ? AND version = ? RETURNING version`)
  const remove = database.prepare('DELETE FROM weir_entries WHERE key = ? AND version = ?')
  const range = database.prepare(`SELECT key, value, version FROM weir_entries
    WHERE key >= ? AND key <> ? AND key < ? ORDER BY key LIMIT ?`)

  return {
    async get(key) {
      checkKey(key)
      return select.all(key).map(toEntry)[0]
    },
    async put(key, value, version) {
      checkKey(key)
      checkValue(value)
      // `all`, not `get`: the statement runs to its end, so that an error of its commit is seen.
      const rows = version === undefined ? insert.all(key, value) : replace.all(value, key, version)
      return rows[0]?.version as number | undefined
    },
    async delete(key, version) {
      checkKey(key)
      return remove.run(key, version).changes === 1
    },
    async list(prefix, options) {
      const { first, after, end, limit } = toRange(prefix, options)
      return range.all(first, after, end, limit).map(toEntry)
    },
    async close() {
      if (database.isOpen) database.close()
    },
  }
}

const KNOWN = new Set(['busyTimeout', 'synchronous'])

function openFile(path: string, timeout: number): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout })
  } catch (cause) {
    const reason = (cause as Error).message
    throw new UsageError(
      `sqliteStore: expected a file that can be opened or made, got "${path}": ${reason}`,
      {
        cause,
      },
    )
  }
}

/**
 * Readers and the writer do not wait for each other. The busy timeout does not cover this change, which processes that start together ask for at once.
 */
function useWriteAheadLog(database: DatabaseSync, timeout: number): void {
  const deadline = Date.now() + timeout
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY || Date.now() >= deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

const SQLITE_BUSY = 5

/** Rows come without a prototype. */
function toEntry(row: Record<string, SQLOutputValue>): Entry {
  return { ...(row as unknown as Entry) }
}
