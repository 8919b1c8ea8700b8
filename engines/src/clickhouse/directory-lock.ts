import { readFileSync, realpathSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { DirectoryInUseError } from '../errors.ts'

const POLL_MS = 50
const SQLITE_BUSY = 5

/** The locks of this process by directory; never released, since a garbage-collected database would release its own. */
const held = new Map<string, DatabaseSync>()

/**
 * Makes this process the only one that opens the data directory, until it ends. The engine's own lock ends with its
 * last connection, while threads of it may still run.
 *
 * The lock is SQLite's exclusive one: Node has no file locks of its own, and this one the kernel releases when the last
 * thread of the process is gone, however it ended. There is no stale lock, and nothing is written.
 *
 * @throws DirectoryInUseError after `patience` ms in which another process, which may just be ending, still holds it
 */
export async function lockDirectory(directory: string, patience: number): Promise<void> {
  const key = realpathSync(directory)
  if (held.has(key)) return
  const path = join(key, 'weir-lock')
  mendLock(path)
  const database = new DatabaseSync(path)
  const deadline = performance.now() + patience
  while (!tryLock(database)) {
    if (performance.now() > deadline) {
      database.close()
      throw new DirectoryInUseError(directory, ownerOf(key))
    }
    await sleep(POLL_MS)
  }
  held.set(key, database)
  nameOwner(key)
}

/**
 * A lock has no content: one that is not empty was damaged, and SQLite takes it for no database. It is emptied in place, so that a lock
 * that a living process holds on it stays.
 */
function mendLock(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return
  truncateSync(path)
  console.error(`the lock ${path} was damaged and was emptied`)
}

/** Only a name for the message: a full disk must not keep the engine from starting. */
function nameOwner(directory: string): void {
  try {
    writeFileSync(join(directory, 'weir-owner'), `${process.pid}\n`)
  } catch {}
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false
    throw error
  }
}

/** Only a name for the message: the lock itself says whether there is an owner. */
function ownerOf(directory: string): string {
  try {
    return `process ${Number(readFileSync(join(directory, 'weir-owner'), 'utf8'))}`
  } catch {
    return 'another process'
  }
}
