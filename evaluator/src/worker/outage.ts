import { messageOf } from '../errors.ts'

/** Says once that something is away, and once that it is back. */
export class Outage {
  readonly #what: string
  readonly #log: (line: string) => void
  #since: number | undefined

  constructor(what: string, log: (line: string) => void) {
    this.#what = what
    this.#log = log
  }

  failed(error: unknown): void {
    if (this.#since !== undefined) return
    this.#since = performance.now()
    const reason = messageOf(error) || (error as { code?: string }).code || 'no reason given'
    this.#log(`${this.#what}: ${reason.split('\n')[0]}; trying again until it answers`)
  }

  succeeded(): void {
    if (this.#since === undefined) return
    const seconds = Math.round((performance.now() - this.#since) / 1000)
    this.#since = undefined
    this.#log(`${this.#what}: back after ${seconds} s`)
  }
}
