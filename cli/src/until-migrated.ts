import { setTimeout as sleep } from 'node:timers/promises'
import { migrate, SchemaError, type Store } from '@weir/store'
import { printError } from './print.ts'
import { safeUrl } from './supervisor/configured-servers.ts'

/** ClickHouse may be starting too, or be gone for a moment: a process that cannot do without it waits this long. */
const TIMEOUT_MS = 60_000

/**
 * Brings the tables up to date; the first of several processes does it, the others find it done. Who has endless patience
 * works meanwhile, and ends when that work does: waiting alone keeps no such process alive.
 * @throws SchemaError at once where a newer version has migrated the database: waiting would not change that
 */
export async function untilMigrated(store: Store, timeoutMs: number = TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs
  const ref = Number.isFinite(timeoutMs)
  for (let wait = 100; ; wait = Math.min(2 * wait, 2_000)) {
    try {
      await migrate(store)
      return
    } catch (error) {
      if (error instanceof SchemaError || performance.now() + wait > deadline) throw error
      printError(`ClickHouse at ${safeUrl(store.url)} is not ready: ${(error as Error).message}`)
      await sleep(wait, undefined, { ref })
    }
  }
}
