/**
 * Why spans that arrived are not in ClickHouse: their ids are invalid; the log could not take them, and their sender
 * was told to come again; ClickHouse refuses them for their content; the disk damaged them in the log.
 */
export type RejectReason = 'invalid_id' | 'unavailable' | 'poison' | 'corrupt'

export interface Totals {
  readonly stored: number
  readonly rejected: Readonly<Record<RejectReason, number>>
}

export interface LedgerSnapshot extends Totals {
  readonly received: number
  readonly pending: number
}

/** What became of the rows of a segment. */
export interface Outcome {
  readonly stored: number
  readonly poison: number
  readonly corrupt: number
}

export const NOTHING: Totals = {
  stored: 0,
  rejected: { invalid_id: 0, unavailable: 0, poison: 0, corrupt: 0 },
}

/**
 * Counts spans so that received = stored + rejected + pending holds at every moment: each call moves spans from one
 * account to another in one step.
 */
export class Ledger {
  #stored: number
  readonly #rejected: Record<RejectReason, number>
  #pending = 0
  /** Of the invalid ids: those that no segment has recorded yet, and those in segments that are not finished. */
  #unlogged = 0
  #logged = 0

  /** @param totals those of the processes before */
  constructor({ stored, rejected }: Totals) {
    this.#stored = stored
    // Another version may have known other reasons.
    this.#rejected = { ...NOTHING.rejected, ...rejected }
  }

  /** Spans of a request that could be decoded; the invalid ones are rejected at once. */
  receive(accepted: number, invalid: number): void {
    this.#pending += accepted
    this.#rejected.invalid_id += invalid
    this.#unlogged += invalid
  }

  /** The invalid ids to record with the next block. */
  takeUnlogged(): number {
    const taken = this.#unlogged
    this.#logged += taken
    this.#unlogged = 0
    return taken
  }

  /** Pending spans went back to their senders, who are told to try again; what was taken is to be recorded later. */
  refuse(spans: number, taken: number): void {
    this.#pending -= spans
    this.#rejected.unavailable += spans
    this.#logged -= taken
    this.#unlogged += taken
  }

  /** A segment that an earlier process has left. */
  recover({ rows, rejected }: { readonly rows: number; readonly rejected: number }): void {
    this.#pending += rows
    this.#rejected.invalid_id += rejected
    this.#logged += rejected
  }

  /** A segment is done with. */
  finish({ rejected }: { readonly rejected: number }, { stored, poison, corrupt }: Outcome): void {
    this.#pending -= stored + poison + corrupt
    this.#stored += stored
    this.#rejected.poison += poison
    this.#rejected.corrupt += corrupt
    this.#logged -= rejected
  }

  snapshot(): LedgerSnapshot {
    const rejected = { ...this.#rejected }
    const sum = Object.values(rejected).reduce((total, spans) => total + spans, 0)
    return {
      received: this.#stored + sum + this.#pending,
      stored: this.#stored,
      pending: this.#pending,
      rejected,
    }
  }

  /**
   * What the next process starts with: all that the segments do not say themselves.
   * @param final whether no segment is going to record the invalid ids that none has recorded yet
   */
  finished(final: boolean): Totals {
    const invalid_id = this.#rejected.invalid_id - this.#logged - (final ? 0 : this.#unlogged)
    return { stored: this.#stored, rejected: { ...this.#rejected, invalid_id } }
  }
}
