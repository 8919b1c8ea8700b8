import { expect, test } from 'vitest'
import { parseMetrics, sampleValue } from './metrics.ts'

const TEXT = String.raw`# HELP weir_spans_received_total Spans of requests that could be decoded
# TYPE weir_spans_received_total counter
weir_spans_received_total 1200
weir_spans_rejected_total{reason="invalid_id"} 3
weir_requests_total{status="200",why="a \"quoted\" \\ text,\nin} two lines"} 7 1795158488000
weir_request_duration_seconds_bucket{le="+Inf"} 4
weir_wal_lag_seconds NaN
weir_tiny 1.5e-7
`

test('reads names, labels and values, and leaves out comments', () => {
  expect(parseMetrics(TEXT)).toEqual([
    { name: 'weir_spans_received_total', labels: {}, value: 1200 },
    { name: 'weir_spans_rejected_total', labels: { reason: 'invalid_id' }, value: 3 },
    {
      name: 'weir_requests_total',
      labels: { status: '200', why: 'a "quoted" \\ text,\nin} two lines' },
      value: 7,
    },
    { name: 'weir_request_duration_seconds_bucket', labels: { le: '+Inf' }, value: 4 },
    { name: 'weir_wal_lag_seconds', labels: {}, value: Number.NaN },
    { name: 'weir_tiny', labels: {}, value: 1.5e-7 },
  ])
})

test('finds a value by its name', () => {
  const samples = parseMetrics(TEXT)
  expect(sampleValue(samples, 'weir_spans_received_total')).toBe(1200)
  expect(sampleValue(samples, 'weir_spans_received')).toBeUndefined()
})
