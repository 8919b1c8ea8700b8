import { readFileSync, writeFileSync } from 'node:fs'
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
 * @throws LogInUseError after `patience` ms in which another process, which may just be ending, still holds it
 */
export async function lockDirectory(directory: string, patience: number): Promise<() => void> {
  const database = new DatabaseSync(join(directory, 'lock'))
  const owner = join(directory, 'owner')
  const deadline = performance.now() + patience
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
