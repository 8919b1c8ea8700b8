import type { FlowSeries, Overview } from '@weir/store'
import type { Point } from './series.ts'

/** Runs of all flows per bucket, split into those that failed and the rest. */
export function overviewPoints({ flows, bucketMs }: Overview, fromMs: number): Point[] {
  const start = Math.floor(fromMs / bucketMs) * bucketMs
  const length = Math.max(0, ...flows.map(({ sparkline }) => sparkline.length))
  return Array.from({ length }, (_, index) => {
    let runs = 0
    let errors = 0
    for (const { sparkline } of flows) {
      runs += sparkline[index]?.runs ?? 0
      errors += sparkline[index]?.errors ?? 0
    }
    return { at: start + index * bucketMs, ok: runs - errors, errors }
  })
}

/** Bars that a chart of half a page's width can show apart. */
const MOST_BARS = 75

/** Runs per bucket; neighbouring buckets are added up where there are more than bars can show. */
export function throughputPoints({ points }: FlowSeries): Point[] {
  const together = Math.ceil(points.length / MOST_BARS)
  const bars: { at: number; ok: number; errors: number }[] = []
  for (const [index, { timeMs, runs, errors }] of points.entries()) {
    if (index % together === 0) bars.push({ at: timeMs, ok: 0, errors: 0 })
    const bar = bars[bars.length - 1]!
    bar.ok += runs - errors
    bar.errors += errors
  }
  return bars
}

export function latencyPoints({ points }: FlowSeries): Point[] {
  return points.map(({ timeMs, p50Ns, p95Ns, p99Ns }) => ({ at: timeMs, p50: p50Ns, p95: p95Ns, p99: p99Ns }))
}
