import type { Series } from './series.ts'

export const THROUGHPUT: readonly Series[] = [
  { key: 'ok', label: 'Runs without error', color: 'var(--series-1)', shape: 'bar' },
  { key: 'errors', label: 'Runs with error', color: 'var(--series-error)', shape: 'bar' },
]

export const LATENCY: readonly Series[] = [
  { key: 'p50', label: 'p50', color: 'var(--series-1)', shape: 'line' },
  { key: 'p95', label: 'p95', color: 'var(--series-2)', shape: 'line', dash: '6 3' },
  { key: 'p99', label: 'p99', color: 'var(--series-3)', shape: 'line', dash: '2 3' },
]
