/** Why spans that arrived were not stored. */
export type RejectReason = 'invalid_id' | 'unavailable'

export interface LedgerSnapshot {
  readonly received: number
  readonly stored: number
  readonly pending: number
  readonly rejected: Readonly<Record<RejectReason, number>>
}

/**
 * Counts spans so that received = stored + rejected + pending holds at every moment: each call moves spans from one
 * account to another in one step.
 */
export class Ledger {
  #received = 0
  #stored = 0
  readonly #rejected: Record<RejectReason, number> = { invalid_id: 0, unavailable: 0 }

  /** Spans of a request that could be decoded; the invalid ones are rejected at once. */
  receive(accepted: number, invalid: number): void {
    this.#received += accepted + invalid
    this.#rejected.invalid_id += invalid
  }

  /** Pending spans are in ClickHouse now. */
  store(spans: number): void {
    this.#stored += spans
  }

  /** Pending spans went back to their senders, who are told to try again. */
  refuse(spans: number): void {
    this.#rejected.unavailable += spans
  }

  snapshot(): LedgerSnapshot {
    const { invalid_id, unavailable } = this.#rejected
    const pending = this.#received - this.#stored - invalid_id - unavailable
    return { received: this.#received, stored: this.#stored, pending, rejected: { invalid_id, unavailable } }
  }
}
