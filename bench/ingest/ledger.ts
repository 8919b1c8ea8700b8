/** The collector's account of spans. */
export interface Ledger {
  readonly received: number
  readonly stored: number
  readonly rejected: number
  readonly pending: number
}

/** Reads the ledger of a collector from its /metrics. @throws where it does not balance */
export async function readLedger(collectorUrl: string): Promise<Ledger> {
  const response = await fetch(`${collectorUrl}/metrics`)
  const text = await response.text()
  const ledger = {
    received: sumOf(text, 'weir_spans_received_total'),
    stored: sumOf(text, 'weir_spans_stored_total'),
    rejected: sumOf(text, 'weir_spans_rejected_total'),
    pending: sumOf(text, 'weir_spans_pending'),
  }
  if (ledger.received !== ledger.stored + ledger.rejected + ledger.pending) {
    throw new Error(`the ledger does not balance: ${JSON.stringify(ledger)}`)
  }
  return ledger
}

/** The sum of a metric over its labels, in Prometheus' text format; 0 where it has no sample yet. */
function sumOf(text: string, name: string): number {
  const samples = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'))
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0)
}
