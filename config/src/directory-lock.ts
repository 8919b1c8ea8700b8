import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from './errors.ts'

const POLL_MS = 50
const SQLITE_BUSY = 5

/** Another process has the directory open. */
export class DirectoryInUseError extends UsageError {
  override readonly code = 'DIRECTORY_IN_USE'
  readonly directory: string

  constructor(directory: string, owner: string, options?: ErrorOptions) {
    super(
      `the directory ${directory} is in use by ${owner}: stop that process, or choose another directory (WEIR_HOME)`,
      options,
    )
    this.directory = directory
  }
}

/**
 * Makes the caller the only one that has a directory open, until it lets go or its process ends. Keep what is returned:
 * the lock of a garbage-collected one is released.
 *
 * The lock is SQLite's exclusive one: Node has no file locks of its own, and the kernel releases this one when the last
 * thread of the process is gone, however it ended. There is no stale lock.
 *
 * @param prefix of the names of its two files
 * @returns releases the lock
 * @throws DirectoryInUseError after `timeoutMs` in which another process, which may just be ending, still holds it
 */
export async function lockDirectory(directory: string, timeoutMs: number, prefix = ''): Promise<() => void> {
  const path = join(directory, `${prefix}lock`)
  mendLock(path)
  const database = new DatabaseSync(path)
  const owner = join(directory, `${prefix}owner`)
  const deadline = performance.now() + timeoutMs
  while (!tryLock(database)) {
    if (performance.now() > deadline) {
      database.close()
      throw new DirectoryInUseError(directory, readOwner(owner))
    }
    await sleep(POLL_MS)
  }
  writeOwner(owner)
  return () => database.close()
}

/**
 * A lock has no content: one that is not empty was damaged, and SQLite would not take it for a database. It is emptied in
 * place, so that the lock that a living process holds on it stays.
 */
function mendLock(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return
  truncateSync(path)
  console.error(`the lock ${path} was damaged and was emptied`)
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

/** Only a name for the message, as the lock itself says whether there is an owner: a full disk must not stop a start. */
function writeOwner(file: string): void {
  try {
    writeFileSync(file, `${process.pid}\n`)
  } catch {}
}

function readOwner(file: string): string {
  try {
    return `process ${Number(readFileSync(file, 'utf8'))}`
  } catch {
    return 'another process'
  }
}
