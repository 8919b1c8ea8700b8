import type { Store } from '../store.ts'

/** What a settling pass did. */
export interface Settled {
  /** Traces whose spans were read. */
  readonly traces: number
  /** Runs written, of any source. */
  readonly runs: readonly SettledRun[]
  /** More traces are due: settle again at once. */
  readonly more: boolean
}

export interface SettledRun {
  readonly project: string
  readonly runId: string
  readonly flow: string
  readonly source: 'production' | 'experiment'
  readonly status: string
  readonly incomplete: boolean
}

/**
 * Settles these traces now (32 hex digits each), and others that share a run with them. Idempotent.
 * @param params.now the time that decides whether an unfinished run has expired; default: the clock
 */
export async function settleTraces(
  _store: Store,
  _traceIds: readonly string[],
  _params?: { project?: string; now?: Date },
): Promise<Settled> {
  throw new Error('not written yet')
}

/** Settles traces that got spans since they were last settled and none for `quietMs`, oldest first, one bounded batch. */
export async function settleQuiet(_store: Store, _params: { quietMs: number; now?: Date }): Promise<Settled> {
  throw new Error('not written yet')
}
