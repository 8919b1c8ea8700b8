import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 50
const SQLITE_BUSY = 5

/** Another collector has the log open. */
export class LogInUseError extends Error {
  readonly code = 'WEIR_LOG_IN_USE'
  override readonly name = 'LogInUseError'
}

/**
 * Makes the caller the only one that has the log's directory open, until it lets go or its process ends.
 *
 * The lock is SQLite's exclusive one: Node has no file locks of its own, and this one the kernel releases when the
 * process is gone, however it ended.
 *
 * @returns lets go of the lock
 * @throws LogInUseError after `timeoutMs` in which another process, which may just be ending, still holds it
 */
export async function lockDirectory(directory: string, timeoutMs: number): Promise<() => void> {
  const path = join(directory, 'lock')
  mendLock(path)
  const database = new DatabaseSync(path)
  const owner = join(directory, 'owner')
  const deadline = performance.now() + timeoutMs
  while (!tryLock(database)) {
    if (performance.now() > deadline) {
      database.close()
      throw new LogInUseError(
        `the log in ${directory} is in use by process ${ownerOf(owner)}. Give each collector a WEIR_HOME of its own`,
      )
    }
    await sleep(POLL_MS)
  }
  nameOwner(owner)
  return () => database.close()
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

/** Only a name for the message of {@link LogInUseError}: a full disk must not keep the collector from starting. */
function nameOwner(file: string): void {
  try {
    writeFileSync(file, `${process.pid}\n`)
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

function ownerOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
