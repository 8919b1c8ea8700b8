import type { Store } from '../store.ts'
import type { RunFilter, RunTotals } from './filter.ts'

/** A filter that names its flow. */
export type FlowFilter = RunFilter & { readonly flow: string }

export interface SeriesPoint {
  /** Start of the bucket, milliseconds since 1970. */
  readonly timeMs: number
  readonly runs: number
  readonly errors: number
  /** Null where no run of the bucket has ended. */
  readonly p50Ns: number | null
  readonly p95Ns: number | null
  readonly p99Ns: number | null
}

export interface FlowSeries {
  readonly bucketMs: number
  /** At most 300, oldest first, none left out: empty buckets count 0. */
  readonly points: readonly SeriesPoint[]
}

/** One step label of a flow; counts are step executions. */
export interface StepStats {
  readonly step: string
  readonly kind: string
  readonly count: number
  readonly errors: number
  readonly errorRate: number
  readonly p50Ns: number
  readonly p95Ns: number
  readonly p99Ns: number
  /** Executions that took more than one attempt. */
  readonly retried: number
  /** Executions whose fallback gave the output. */
  readonly fallbacks: number
}

export interface VersionStats extends RunTotals {
  readonly version: string
  readonly firstRunMs: number
  readonly lastRunMs: number
}

export interface FlowPage {
  readonly flow: string
  readonly totals: RunTotals
  readonly previous: RunTotals
  readonly series: FlowSeries
  /** In the order in which the steps usually start. */
  readonly steps: readonly StepStats[]
  /** Newest first. */
  readonly versions: readonly VersionStats[]
}

/** All that the page of one flow shows. */
export async function getFlowPage(_store: Store, _filter: FlowFilter): Promise<FlowPage> {
  throw new Error('not written yet')
}
