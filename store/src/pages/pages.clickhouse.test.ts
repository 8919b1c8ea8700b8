import { beforeAll, expect, test } from 'vitest'
import { settleQuiet } from '../settle/settle.ts'
import { EPOCH_MS, insertSpans, later, span, useStore } from '../testing.ts'
import { getFilterOptions } from './filter-options.ts'
import { getFlowPage } from './flow.ts'
import { getOverview } from './overview.ts'
import { getStoreStats, latestSettled } from './status.ts'

const store = useStore()
const HOUR = 3_600_000
const window = { from: new Date(EPOCH_MS), to: new Date(EPOCH_MS + HOUR) }

beforeAll(async () => {
  const of = (environment: string, version: string) => ({ environment, version, service: 'api' })
  for (let i = 0; i < 10; i++) {
    const columns = { ...of(i < 8 ? 'prod' : 'test', i < 5 ? '1' : '2'), status: i === 9 ? 'error' : 'ok' }
    const usage = { input_tokens: 10, output_tokens: 5, cost: 0.5 }
    const steps = [
      span('step', 'plan', i * 60_000 + 1, 10, columns),
      span(
        'step',
        'write',
        i * 60_000 + 20,
        20,
        { ...columns, step_attempts: 2 },
        span('model', 'm', i * 60_000 + 21, 5, usage),
      ),
    ]
    await insertSpans(
      store(),
      `run${i}`,
      span('flow', 'research', i * 60_000, 100 * (i + 1), columns, ...steps),
    )
  }
  await insertSpans(store(), 'before', span('flow', 'research', -60_000, 50))
  await insertSpans(store(), 'other', span('flow', 'other', 0, null))
  await settleQuiet(store(), { quietMs: 0, now: later() })
})

test('overview: every flow with totals, sparkline and the window before', async () => {
  const overview = await getOverview(store(), window)
  expect(overview.totals).toMatchObject({ runs: 11, errors: 1, inputTokens: 100, outputTokens: 50, cost: 5 })
  expect(overview.previous.runs).toBe(1)
  expect(overview.flows.map((flow) => [flow.flow, flow.runs, flow.errors])).toEqual([
    ['research', 10, 1],
    ['other', 1, 0],
  ])
  const [research, other] = overview.flows
  expect(research).toMatchObject({ errorRate: 0.1, lastRunMs: EPOCH_MS + 540_000, previous: { runs: 1 } })
  expect(research).toMatchObject({ p50Ns: 600e6, quantileError: 0 })
  expect(research?.sparkline.reduce((sum, bucket) => sum + bucket.runs, 0)).toBe(10)
  expect(other).toMatchObject({ p50Ns: 0, previous: { runs: 0 } })
})

test('overview: filters, also by status', async () => {
  expect((await getOverview(store(), { ...window, environment: 'prod', version: '2' })).totals.runs).toBe(3)
  expect((await getOverview(store(), { ...window, status: 'error' })).totals).toMatchObject({
    runs: 1,
    errors: 1,
  })
  expect((await getOverview(store(), { ...window, source: 'experiment' })).totals.runs).toBe(0)
  expect((await getOverview(store(), { ...window, project: 'nobody' })).flows).toEqual([])
})

test('flow: series without gaps, steps in order, versions newest first', async () => {
  const page = await getFlowPage(store(), { ...window, flow: 'research' })
  expect(page.totals).toMatchObject({ runs: 10, errors: 1 })
  // Ten runs in an hour: the coarsest buckets that are still a chart.
  expect(page.series.bucketMs).toBe(120_000)
  expect(page.series.points).toHaveLength(30)
  expect(page.series.points[1]).toMatchObject({ timeMs: EPOCH_MS + 120_000, runs: 2, errors: 0 })
  expect(page.series.points[1]).toMatchObject({ p50Ns: 400e6, p99Ns: 400e6 })
  expect(page.series.points[10]).toEqual({
    timeMs: EPOCH_MS + 1_200_000,
    runs: 0,
    errors: 0,
    p50Ns: null,
    p95Ns: null,
    p99Ns: null,
  })
  expect(page.steps.steps).toMatchObject([
    { step: 'plan', kind: 'step', count: 10, errors: 1, retried: 0, inputTokens: 0, cost: 0 },
    {
      step: 'write',
      kind: 'step',
      count: 10,
      errors: 1,
      retried: 10,
      inputTokens: 100,
      outputTokens: 50,
      cost: 5,
    },
  ])
  expect(page.versions.versions).toMatchObject([
    { version: '2', runs: 5, errors: 1 },
    { version: '1', runs: 5, errors: 0 },
  ])
})

test('flow: by status the minutes come from the runs', async () => {
  const page = await getFlowPage(store(), { ...window, flow: 'research', status: 'ok' })
  expect(page.totals).toMatchObject({ runs: 9, errors: 0 })
  expect(page.steps.steps).toMatchObject([
    { count: 9 },
    { count: 9, inputTokens: 90, outputTokens: 45, cost: 4.5 },
  ])
  expect(page.series.points.reduce((sum, point) => sum + point.runs, 0)).toBe(9)
})

test('a long window has at most 100 points', async () => {
  const page = await getFlowPage(store(), {
    from: new Date(EPOCH_MS - 30 * 24 * HOUR),
    to: window.to,
    flow: 'research',
  })
  expect(page.series.points.length).toBeLessThanOrEqual(100)
  expect(page.series.points.reduce((sum, point) => sum + point.runs, 0)).toBe(11)
})

test('filter options', async () => {
  expect(await getFilterOptions(store(), window)).toEqual({
    flows: { values: ['other', 'research'], total: 2 },
    environments: { values: ['', 'prod', 'test'], total: 3 },
    versions: { values: ['', '1', '2'], total: 3 },
    services: { values: ['api'], total: 1 },
  })
  expect((await getFilterOptions(store(), { ...window, flow: 'other' })).versions.total).toBe(0)
  expect((await getFilterOptions(store(), { ...window, source: 'experiment' })).flows.total).toBe(0)
  const chosen = { ...window, environment: 'test', version: '2' }
  expect(await getFilterOptions(store(), chosen)).toEqual(await getFilterOptions(store(), window))
})

test('status and the token of the newest settling', async () => {
  const stats = await getStoreStats(store())
  expect(stats).toMatchObject({ runs: 12, spans: 42, unsettledTraces: 0 })
  expect(stats.diskBytes).toBeGreaterThan(0)
  expect(Math.abs(Date.now() - (stats.newestSpanMs ?? 0))).toBeLessThan(60_000)
  expect(await getStoreStats(store(), { project: 'nobody' })).toMatchObject({
    runs: 0,
    spans: 0,
    newestSpanMs: null,
  })

  const before = await latestSettled(store())
  await insertSpans(
    store(),
    'run0',
    span('step', 'late', 50, 1, { span_id: 'late', parent_span_id: 's0______' }),
  )
  expect((await getStoreStats(store())).unsettledTraces).toBe(1)
  await settleQuiet(store(), { quietMs: 0, now: later() })
  expect(await latestSettled(store())).not.toBe(before)
})
