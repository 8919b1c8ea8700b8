import { type FSWatcher, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** An editor writes a file in several steps. */
const SETTLE_MS = 100
const EVAL_FILE = /\.eval\.[cm]?[jt]sx?$/

/**
 * Notes which files change, also while nobody waits. It watches their directories: an editor that replaces a file leaves nothing of the
 * old one to watch.
 */
export class FileWatch {
  readonly #directories: Map<string, FSWatcher> = new Map()
  readonly #changed: Set<string> = new Set()
  #files: ReadonlySet<string> = new Set()
  #wake: () => void = () => {}

  /** The files that count from now on; besides, new evaluation files beside them do. */
  follow(files: ReadonlySet<string>): void {
    this.#files = files
    const directories = new Set([...files].map((file) => dirname(file)))
    for (const directory of directories)
      if (!this.#directories.has(directory)) this.#directories.set(directory, this.#watch(directory))
    for (const [directory, watcher] of this.#directories) {
      if (directories.has(directory)) continue
      watcher.close()
      this.#directories.delete(directory)
    }
  }

  /** The files that have changed since the last call, once there are any; undefined once `signal` aborts. */
  async next(signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    while (!signal.aborted) {
      if (this.#changed.size > 0) {
        await sleep(SETTLE_MS)
        const changed = new Set(this.#changed)
        this.#changed.clear()
        return changed
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
      await promise
    }
    return undefined
  }

  close(): void {
    for (const watcher of this.#directories.values()) watcher.close()
    this.#directories.clear()
  }

  #watch(directory: string): FSWatcher {
    const watcher = watch(directory, (_event, name) => {
      if (name === null) return
      const file = join(directory, name)
      if (!this.#files.has(file) && !EVAL_FILE.test(name)) return
      this.#changed.add(file)
      this.#wake()
    })
    // A directory that is removed is not watched any more; its files are gone.
    return watcher.on('error', () => {})
  }
}
