import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

/** One older file of the same size is kept as `<file>.1`. */
const MAX_BYTES = 10 * 1024 * 1024

/** An append-only log of lines, each with the time, that never grows beyond twice `maxBytes`. */
export class LogFile {
  readonly #path: string
  readonly #maxBytes: number
  #descriptor: number
  #bytes: number
  #tail: string[] = []

  constructor(path: string, maxBytes: number = MAX_BYTES) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#descriptor = openSync(path, 'a')
    this.#bytes = fstatSync(this.#descriptor).size
  }

  write(line: string): void {
    this.#tail = [...this.#tail.slice(-19), line]
    const text = `${new Date().toISOString()} ${line}\n`
    if (this.#bytes > 0 && this.#bytes + text.length > this.#maxBytes) this.#rotate()
    this.#bytes += writeSync(this.#descriptor, text)
  }

  /** The last twenty lines written by this process. */
  tail(): readonly string[] {
    return this.#tail
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #rotate(): void {
    closeSync(this.#descriptor)
    renameSync(this.#path, `${this.#path}.1`)
    this.#descriptor = openSync(this.#path, 'a')
    this.#bytes = 0
  }
}
