import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs'

/** One older file of the same size is kept as `<file>.1`. */
const MAX_BYTES = 10 * 1024 * 1024

/**
 * An append-only log of lines, each with the time, that never grows beyond twice `maxBytes`. Nothing here throws: a line
 * that cannot be written, as on a full disk, is counted, and the next line that can be written comes after that count.
 */
export class LogFile {
  readonly #path: string
  readonly #maxBytes: number
  /** Undefined where the file could not be opened; the next line tries again. */
  #descriptor: number | undefined
  #bytes = 0
  #tail: string[] = []
  #lost: { lines: number; reason: string } | undefined

  constructor(path: string, maxBytes: number = MAX_BYTES) {
    this.#path = path
    this.#maxBytes = maxBytes
  }

  write(line: string): void {
    this.#tail = [...this.#tail.slice(-19), line]
    try {
      this.#append(this.#withLoss(line))
      this.#lost = undefined
    } catch (error) {
      this.#lost = { lines: (this.#lost?.lines ?? 0) + 1, reason: (error as Error).message }
    }
  }

  /** The last twenty lines written by this process. */
  tail(): readonly string[] {
    return this.#tail
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #withLoss(line: string): string {
    const time = new Date().toISOString()
    if (this.#lost === undefined) return `${time} ${line}\n`
    const { lines, reason } = this.#lost
    return `${time} ${lines} ${lines === 1 ? 'line' : 'lines'} could not be written (${reason})\n${time} ${line}\n`
  }

  /** All of the text, or nothing of it. */
  #append(text: string): void {
    const bytes = Buffer.from(text)
    this.#open()
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#maxBytes) this.#rotate()
    const descriptor = this.#open()
    try {
      // A disk that is nearly full takes the beginning, and fails with the rest.
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
    } catch (error) {
      ftruncateSync(descriptor, this.#bytes)
      throw error
    }
    this.#bytes += bytes.length
  }

  #open(): number {
    if (this.#descriptor === undefined) {
      this.#descriptor = openSync(this.#path, 'a')
      this.#bytes = fstatSync(this.#descriptor).size
    }
    return this.#descriptor
  }

  #rotate(): void {
    renameSync(this.#path, `${this.#path}.1`)
    this.close()
  }
}
