import type { FlowSeries, Overview } from '@weir/store/pages'
import type { Point } from './series.ts'

/** Runs of all flows per bucket, split into those that failed and the rest. */
export function overviewPoints({ buckets, bucketMs }: Overview, fromMs: number): Point[] {
  const start = Math.floor(fromMs / bucketMs) * bucketMs
  return buckets.map(({ runs, errors }, index) => ({
    at: start + index * bucketMs,
    ok: runs - errors,
    errors,
  }))
}

/** Runs per bucket, split likewise. */
export function throughputPoints({ points }: FlowSeries): Point[] {
  return points.map(({ timeMs, runs, errors }) => ({ at: timeMs, ok: runs - errors, errors }))
}

export function latencyPoints({ points }: FlowSeries): Point[] {
  return points.map(({ timeMs, p50Ns, p95Ns, p99Ns }) => ({ at: timeMs, p50: p50Ns, p95: p95Ns, p99: p99Ns }))
}
