import { lineOf } from '../errors.ts'

/** Says once that something is away or refuses its part, and once that it is back. */
export class Outage {
  readonly #what: string
  readonly #log: (line: string) => void
  #since: number | undefined
  #reason = ''

  constructor(what: string, log: (line: string) => void) {
    this.#what = what
    this.#log = log
  }

  /** What it says while it lasts, in one line. */
  get problem(): string | undefined {
    return this.#since === undefined ? undefined : `${this.#what}: ${this.#reason}`
  }

  /** For how long it has lasted; 0: it is none. */
  get seconds(): number {
    return this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000
  }

  failed(error: unknown): void {
    this.#reason = lineOf(error) || (error as { code?: string }).code || 'no reason given'
    if (this.#since !== undefined) return
    this.#since = performance.now()
    this.#log(`${this.problem}; trying again until it succeeds`)
  }

  succeeded(): void {
    if (this.#since === undefined) return
    const seconds = Math.round(this.seconds)
    this.#since = undefined
    this.#log(`${this.#what}: back after ${seconds} s`)
  }
}
