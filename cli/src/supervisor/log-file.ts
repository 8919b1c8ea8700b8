import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs'

/** One older file of the same size is kept as `<file>.1`. */
const MAX_BYTES = 10 * 1024 * 1024
const RETRY_MS = 2_000

/**
 * An append-only log of lines, each with the time, that never grows beyond twice `maxBytes`. Nothing here throws: a line
 * that cannot be written, as on a full disk, is counted, and the count is written as soon as it can be.
 */
export class LogFile {
  readonly #path: string
  readonly #maxBytes: number
  /** Undefined where the file could not be opened; the next line tries again. */
  #descriptor: number | undefined
  #tail: string[] = []
  #lost: { lines: number; reason: string } | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(path: string, maxBytes: number = MAX_BYTES) {
    this.#path = path
    this.#maxBytes = maxBytes
  }

  write(line: string): void {
    this.#tail = [...this.#tail.slice(-19), line]
    const time = new Date().toISOString()
    try {
      this.#append(`${this.#loss(time)}${time} ${line}\n`)
      this.#lost = undefined
    } catch (error) {
      this.#lost = { lines: (this.#lost?.lines ?? 0) + 1, reason: (error as Error).message }
      this.#retry ??= setInterval(() => this.#sayLoss(), RETRY_MS).unref()
    }
  }

  /** The last twenty lines written by this process. */
  tail(): readonly string[] {
    return this.#tail
  }

  close(): void {
    this.#sayLoss()
    clearInterval(this.#retry)
    this.#closeFile()
  }

  #sayLoss(): void {
    try {
      this.#append(this.#loss(new Date().toISOString()))
      this.#lost = undefined
      clearInterval(this.#retry)
      this.#retry = undefined
    } catch {
      // Later.
    }
  }

  /** A line that says how many are missing here; nothing where none is. */
  #loss(time: string): string {
    if (this.#lost === undefined) return ''
    const { lines, reason } = this.#lost
    return `${time} ${lines} ${lines === 1 ? 'line' : 'lines'} could not be written (${reason})\n`
  }

  /** All of the text, or nothing of it. */
  #append(text: string): void {
    const bytes = Buffer.from(text)
    if (bytes.length === 0) return
    if (this.#size() > 0 && this.#size() + bytes.length > this.#maxBytes) this.#rotate()
    const before = this.#size()
    const descriptor = this.#open()
    try {
      // A disk that is nearly full takes the beginning, and fails with the rest.
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
    } catch (error) {
      ftruncateSync(descriptor, before)
      throw error
    }
  }

  /** Asked each time: somebody else may cut or move the file. */
  #size(): number {
    return fstatSync(this.#open()).size
  }

  #open(): number {
    this.#descriptor ??= openSync(this.#path, 'a')
    return this.#descriptor
  }

  #rotate(): void {
    renameSync(this.#path, `${this.#path}.1`)
    this.#closeFile()
  }

  #closeFile(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
