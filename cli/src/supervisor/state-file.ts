import { renameSync, rmSync, writeFileSync } from 'node:fs'

const RETRY_MS = 2_000

/**
 * A small file that says how things are. It is replaced as a whole. What cannot be written, as on a full disk, is tried
 * again until it can be: nothing here throws.
 */
export class StateFile {
  readonly #path: string
  #retry: NodeJS.Timeout | undefined

  constructor(path: string) {
    this.#path = path
  }

  write(text: string): void {
    clearTimeout(this.#retry)
    try {
      writeFileSync(`${this.#path}.new`, text)
      renameSync(`${this.#path}.new`, this.#path)
    } catch {
      this.#retry = setTimeout(() => this.write(text), RETRY_MS).unref()
    }
  }

  remove(): void {
    clearTimeout(this.#retry)
    for (const path of [this.#path, `${this.#path}.new`]) {
      try {
        rmSync(path, { force: true })
      } catch {
        // A reader finds out that the process is gone.
      }
    }
  }
}
