import { Postponed } from './postponed.ts'

/** Bounds of one pass, so that a backlog of hours is worked off with the memory of some seconds. */
export interface Bounds {
  readonly traces: number
  readonly spans: number
}

/** Trace ids as 32 hex digits, both included. */
export interface IdRange {
  readonly first: string
  readonly last: string
}

const BOUNDS: Bounds = { traces: 50_000, spans: 300_000 }

/** Ranges are as wide as so many of the values that the first eight digits can have. */
const WHOLE = 2 ** 32
const DIGITS = 8

/**
 * After a pass that was done the next may take so many times more: every engine that dies while it settles halves them, and a
 * worker that has seen a few must not need a minute to take all again.
 */
const GROWTH = 4

/**
 * How a worker goes through the traces that are due: in rounds, each from the lowest trace id to the highest. So none
 * waits longer than a round, however many come meanwhile; and what a pass reads are neighbours in every part of
 * `unsettled_traces` and `spans`, where it leaves out all that other passes of the round take. While one pass takes
 * all that is due, a round is one pass.
 */
export class Sweep {
  readonly postponed: Postponed = new Postponed()
  readonly #bounds: Bounds
  /** What a pass may take now: fewer traces after one that was too much. */
  #traces: number
  #first = 0
  /** The trace id that the last pass stopped at, where its bounds left others of its range. */
  #after: string | undefined
  #width = WHOLE

  constructor(bounds: Partial<Bounds> = {}) {
    this.#bounds = { ...BOUNDS, ...bounds }
    this.#traces = this.#bounds.traces
  }

  get bounds(): Bounds {
    return { ...this.#bounds, traces: this.#traces }
  }

  /** What the next pass looks at. */
  get range(): IdRange {
    return {
      first: this.#after ?? toId(this.#first, '0'),
      last: toId(Math.min(this.#first + this.#width, WHOLE) - 1, 'f'),
    }
  }

  /** The next pass looks at the same range again and takes at most so many traces of it, at least one. */
  narrow(traces: number): void {
    this.#traces = Math.max(1, Math.floor(traces))
  }

  /**
   * Goes on behind what a pass settled of its range. Passes become larger again.
   * @param stoppedAt the highest trace id that it took, where the bounds left others of the range
   * @returns whether the round goes on
   */
  advance(stoppedAt: string | undefined): boolean {
    this.#traces = Math.min(GROWTH * this.#traces, this.#bounds.traces)
    if (stoppedAt === undefined) return this.#advanceBehindRange()
    const stopped = Number.parseInt(stoppedAt.slice(0, DIGITS), 16)
    this.#width = stopped - this.#first + 1
    this.#first = stopped
    this.#after = stoppedAt
    return true
  }

  #advanceBehindRange(): boolean {
    const next = this.#first + this.#width
    this.#width = Math.min(2 * this.#width, WHOLE)
    this.#after = undefined
    this.#first = next < WHOLE ? next : 0
    return next < WHOLE
  }
}

function toId(start: number, rest: '0' | 'f'): string {
  return start.toString(16).padStart(DIGITS, '0') + rest.repeat(32 - DIGITS)
}
