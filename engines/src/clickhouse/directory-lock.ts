import { realpathSync } from 'node:fs'
import { lockDirectory } from '@weir/config'

/** The locks of this process by directory; never released. */
const held = new Map<string, () => void>()

/**
 * Makes this process the only one that opens the data directory, until it ends. The engine's own lock ends with its
 * last connection, while threads of it may still run.
 *
 * @throws DirectoryInUseError after `timeoutMs` in which another process, which may just be ending, still holds it
 */
export async function lockForGood(directory: string, timeoutMs: number): Promise<void> {
  const key = realpathSync(directory)
  if (!held.has(key)) held.set(key, await lockDirectory(directory, timeoutMs, 'weir-'))
}
