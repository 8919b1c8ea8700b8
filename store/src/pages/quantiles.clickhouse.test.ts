import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { settleQuiet } from '../settle/settle.ts'
import { execute, insert } from '../store.ts'
import { EPOCH_MS, later, span, spanRows, useStore } from '../testing.ts'
import { getFlowPage } from './flow.ts'
import { getOverview } from './overview.ts'

const store = useStore()
const HOUR = 3_600_000
const window = { from: new Date(EPOCH_MS), to: new Date(EPOCH_MS + HOUR) }

/** Milliseconds of the runs of some flows, from one run of four minutes on. */
const durations = [
  [240_000],
  ...fc.sample(fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 40 }), {
    numRuns: 12,
    seed: 9,
  }),
]

beforeAll(async () => {
  const spans = durations.flatMap((list, flow) =>
    list.flatMap((ms, nth) =>
      spanRows(
        `r${flow}.${nth}`,
        // Two steps of a run, so that there are more executions than runs.
        span(
          'flow',
          `f${flow}`,
          nth * 1000,
          ms,
          { version: `v${nth % 2}` },
          span('step', 's', nth * 1000, ms),
          span('step', 's', nth * 1000, 1),
        ),
      ),
    ),
  )
  const unfinished = spanRows('open', span('flow', 'f0', 5, null))
  await insert(store(), 'spans', [...spans, ...unfinished])
  await settleQuiet(store(), { quietMs: 0, now: later() })
})

/** p50, p95 and p99 in nanoseconds: the value at place `floor(level * n)` of the sorted ones. */
function quantiles(ms: readonly number[]) {
  const sorted = ms.toSorted((a, b) => a - b)
  const [p50Ns, p95Ns, p99Ns] = [0.5, 0.95, 0.99].map(
    (level) => sorted[Math.floor(level * sorted.length)]! * 1e6,
  )
  return { p50Ns, p95Ns, p99Ns, quantileError: 0 }
}

test('of few runs every quantile is that of the sorted durations', async () => {
  const overview = await getOverview(store(), window)
  expect(overview.totals).toMatchObject(quantiles(durations.flat()))
  expect(overview.flows).toHaveLength(durations.length)
  for (const summary of overview.flows) {
    const list = durations[Number(summary.flow.slice(1))]!
    expect(summary).toMatchObject(quantiles(list))
    // What has not ended is counted and has no duration.
    expect(summary.runs).toBe(list.length + Number(summary.flow === 'f0'))
  }
  for (const flow of [0, 1, 2]) {
    const list = durations[flow]!
    const page = await getFlowPage(store(), { ...window, flow: `f${flow}` })
    expect(page.totals).toMatchObject(quantiles(list))
    expect(page.steps.steps).toMatchObject([quantiles(list.flatMap((ms) => [ms, 1]))])
    for (const { version, ...totals } of page.versions.versions.filter(({ version }) => version !== '')) {
      expect(totals).toMatchObject(quantiles(list.filter((_, nth) => `v${nth % 2}` === version)))
    }
    expect(page.series.quantileError).toBe(0)
    const { quantileError: _, ...ofBucket } = quantiles(list)
    // All of them started in the first minute.
    expect(page.series.points[0]).toMatchObject(ofBucket)
  }
})

test('of many runs they are within the error that they state', async () => {
  const many = 10_001
  // The rows that settling would write for them.
  await execute(
    store(),
    `INSERT INTO run_minutes (project, flow, minute, environment, service, version, source, runs, errors, duration_values, duration_counts, settled)
    SELECT 'many', 'f', toDateTime({second:UInt32}, 'UTC'), '', '', '', 'production', count(), 0,
      groupArray(toBFloat16((number + 1) * 1000000)), groupArray(1), now64(6) FROM numbers(${many})`,
    { second: EPOCH_MS / 1000 },
  )
  const { totals, previous } = await getOverview(store(), { ...window, project: 'many' })
  expect(totals).toMatchObject({ runs: many, quantileError: 0.01 })
  expect(previous.quantileError).toBe(0.01)
  const exact = quantiles(Array.from({ length: many }, (_, i) => i + 1))
  for (const key of ['p50Ns', 'p95Ns', 'p99Ns'] as const) {
    expect(Math.abs(totals[key] - exact[key]!) / exact[key]!).toBeLessThanOrEqual(0.01)
  }
})
