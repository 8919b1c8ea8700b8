import type { Store } from '../store.ts'
import type { RunFilter } from './filter.ts'

/** What `weir status` says of the store. */
export interface StoreStats {
  /** Stored once in effect: records that a later one replaced are not counted. */
  readonly spans: number
  readonly runs: number
  /** Traces whose newest spans are not settled yet. */
  readonly unsettledTraces: number
  /** When the newest span was received, milliseconds since 1970; null without spans. */
  readonly newestSpanMs: number | null
  readonly diskBytes: number
}

export async function getStoreStats(_store: Store, _params?: { project?: string }): Promise<StoreStats> {
  throw new Error('not written yet')
}

/** A token that changes when any run that the filter can show was settled again; cheap, for polling. */
export async function latestSettled(
  _store: Store,
  _filter: Pick<RunFilter, 'project' | 'flow'>,
): Promise<string> {
  throw new Error('not written yet')
}
