import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from 'chdb'

const NICE = 10
/** What Linux calls the engine's threads for merges. */
const MERGE_THREAD = 'MergeMutate'
const TIMEOUT_MS = 1_000

/**
 * Lets merges give way where all cores are busy: they can wait, and inserts and queries cannot. The engine has a setting
 * for this (`os_threads_nice_value_merge_mutate`), which wants a privilege that lowering a priority does not need.
 */
export async function yieldMerges(session: Session): Promise<void> {
  if (process.platform !== 'linux') return
  // The threads begin with the first table of this kind, and stay.
  await session.queryAsync('CREATE TEMPORARY TABLE merged (a UInt8) ENGINE = MergeTree ORDER BY a')
  await session.queryAsync('DROP TEMPORARY TABLE merged')
  const setting = `SELECT value FROM system.server_settings WHERE name = 'background_pool_size'`
  const count = Number((await session.queryAsync(setting, { format: 'TSV' })).text())
  const deadline = performance.now() + TIMEOUT_MS
  let threads = mergeThreads()
  while (threads.length < count && performance.now() < deadline) {
    await sleep(5)
    threads = mergeThreads()
  }
  for (const thread of threads) {
    try {
      setPriority(thread, NICE)
    } catch {
      // A sandbox that forbids it: merges compete with the rest.
    }
  }
}

/** Their ids. A priority is a thread's own on Linux, whatever POSIX says (setpriority(2)). */
function mergeThreads(): number[] {
  const threads = readdirSync('/proc/self/task').map(Number)
  return threads.filter((thread) => nameOf(thread) === MERGE_THREAD)
}

/** Undefined where the thread has ended meanwhile. */
function nameOf(thread: number): string | undefined {
  try {
    return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trimEnd()
  } catch {
    return undefined
  }
}
