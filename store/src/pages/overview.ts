import type { Store } from '../store.ts'
import type { RunFilter, RunTotals } from './filter.ts'

/** One flow of the overview. */
export interface FlowSummary extends RunTotals {
  readonly flow: string
  /** Start of the newest run, milliseconds since 1970 (exact to the minute). */
  readonly lastRunMs: number
  /** One entry per bucket of the window, oldest first. */
  readonly sparkline: readonly { readonly runs: number; readonly errors: number }[]
  /** The window of equal length just before; runs 0 if there was nothing. */
  readonly previous: RunTotals
}

export interface Overview {
  readonly totals: RunTotals
  readonly previous: RunTotals
  /** Most runs first. */
  readonly flows: readonly FlowSummary[]
  readonly bucketMs: number
}

/** Every flow with runs in the window. */
export async function getOverview(_store: Store, _filter: RunFilter): Promise<Overview> {
  throw new Error('not written yet')
}

export interface FilterOptions {
  readonly flows: readonly string[]
  readonly environments: readonly string[]
  readonly versions: readonly string[]
  readonly services: readonly string[]
}

/** The values that the filters of a page can take within a window (narrowed to `flow` where given). */
export async function getFilterOptions(
  _store: Store,
  _filter: Pick<RunFilter, 'project' | 'from' | 'to' | 'flow'>,
): Promise<FilterOptions> {
  throw new Error('not written yet')
}
