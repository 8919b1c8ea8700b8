import { lineOf } from '../errors.ts'

/** Logs once that something is unavailable, and once that it is back. */
export class Outage {
  readonly #what: string
  readonly #log: (line: string) => void
  #sinceMs: number | undefined
  #reason = ''

  constructor(what: string, log: (line: string) => void) {
    this.#what = what
    this.#log = log
  }

  /** What is wrong while it lasts, in one line. */
  get problem(): string | undefined {
    return this.#sinceMs === undefined ? undefined : `${this.#what}: ${this.#reason}`
  }

  /** How long it has lasted; 0: there is none. */
  get seconds(): number {
    return this.#sinceMs === undefined ? 0 : (performance.now() - this.#sinceMs) / 1000
  }

  failed(error: unknown): void {
    this.#reason = lineOf(error) || (error as { code?: string }).code || 'no reason given'
    if (this.#sinceMs !== undefined) return
    this.#sinceMs = performance.now()
    this.#log(`${this.problem}; trying again until it succeeds`)
  }

  succeeded(): void {
    if (this.#sinceMs === undefined) return
    const seconds = Math.round(this.seconds)
    this.#sinceMs = undefined
    this.#log(`${this.#what}: back after ${seconds} s`)
  }
}
