import type { FlowSeries, Overview } from '@weir/store/pages'
import { expect, test } from 'vitest'
import { latencyPoints, overviewPoints, throughputPoints } from './points.ts'

const quantiles = { p50Ns: 1, p95Ns: null, p99Ns: 3 }
const series = (count: number): FlowSeries => ({
  quantileError: 0,
  bucketMs: 60_000,
  points: Array.from({ length: count }, (_, index) => ({
    timeMs: index * 60_000,
    runs: 3,
    errors: 1,
    ...quantiles,
  })),
})

test('bars tell runs that failed from the rest', () => {
  expect(throughputPoints(series(2))).toEqual([
    { at: 0, ok: 2, errors: 1 },
    { at: 60_000, ok: 2, errors: 1 },
  ])
})

test('a bucket without a finished run leaves a gap in the line', () => {
  expect(latencyPoints(series(1))).toEqual([{ at: 0, p50: 1, p95: null, p99: 3 }])
})

test('the overview adds the flows up, bucket by bucket', () => {
  const overview = {
    quantileError: 0,
    bucketMs: 1000,
    buckets: [
      { runs: 7, errors: 1 },
      { runs: 1, errors: 0 },
    ],
  } as unknown as Overview
  expect(overviewPoints(overview, 10_500)).toEqual([
    { at: 10_000, ok: 6, errors: 1 },
    { at: 11_000, ok: 1, errors: 0 },
  ])
})
