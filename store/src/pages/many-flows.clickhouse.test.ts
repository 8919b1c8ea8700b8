import { beforeAll, expect, test } from 'vitest'
import { execute } from '../store.ts'
import { EPOCH_MS, useStore } from '../testing.ts'
import { getFilterOptions } from './filter-options.ts'
import { getFlowPage } from './flow.ts'
import { getOverview } from './overview.ts'

const store = useStore()

const FLOWS = 50_000
/** Of another project, to turn all of its pages. */
const FEWER = 2_000
const window = { from: new Date(EPOCH_MS), to: new Date(EPOCH_MS + 3_600_000) }

/** SQL: as of one run. */
const DURATIONS = '[toBFloat16(1000000 + number)], [1]'
/** A flow each, with 1 to 5 runs (the others' 2 to 10); one flow of as many versions and steps as a day of commits and ids gives. */
const MINUTES = `
  INSERT INTO run_minutes (project, flow, minute, environment, service, version, source, runs, errors, duration_values, duration_counts, settled)
  SELECT if(is_small, 'small', 'default'), concat('order ', toString(number)), toDateTime({second:UInt32}, 'UTC') + INTERVAL number % 60 MINUTE,
    concat('env ', toString(number % 1000)), 'api', '1', 'production', (number % 5 + 1) * if(is_small, 2, 1), number % 5 = 0,
    ${DURATIONS}, now64(6)
  FROM numbers(${FLOWS}) ARRAY JOIN if(number < ${FEWER}, [0, 1], [0]) AS is_small
  UNION ALL
  SELECT 'default', 'busy', toDateTime({second:UInt32}, 'UTC') + INTERVAL number % 60 MINUTE, 'prod', 'api',
    concat('commit ', toString(number)), 'production', 100, 0,
    ${DURATIONS}, now64(6)
  FROM numbers(220)`
const STEPS = `
  INSERT INTO step_minutes (
    project, flow, minute, environment, service, version, source, step, kind, executions, start_offset_sum, duration_values, duration_counts, settled)
  SELECT 'default', 'busy', toDateTime({second:UInt32}, 'UTC'), 'prod', 'api', '1', 'production',
    concat('page ', toString(number)), 'step', (number % 7 + 1) * 10, number,
    ${DURATIONS}, now64(6)
  FROM numbers(450)`

beforeAll(async () => {
  await execute(store(), MINUTES, { second: EPOCH_MS / 1000 })
  await execute(store(), STEPS, { second: EPOCH_MS / 1000 })
})

const bytes = (value: unknown) => JSON.stringify(value).length

for (const order of ['runs', 'name'] as const) {
  test(`pages by ${order} reach every flow once, and totals are of all`, async () => {
    const seen: string[] = []
    const runs: number[] = []
    let cursor: string | undefined
    do {
      const page = await getOverview(store(), { ...window, project: 'small', order, cursor, limit: 150 })
      expect(page).toMatchObject({ flowCount: FEWER, totals: { runs: 12_000, errors: 400 } })
      expect(page.buckets.reduce((sum, bucket) => sum + bucket.runs, 0)).toBe(12_000)
      seen.push(...page.flows.map(({ flow }) => flow))
      runs.push(...page.flows.map((flow) => flow.runs))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    expect(seen).toHaveLength(FEWER)
    expect(new Set(seen).size).toBe(FEWER)
    if (order === 'name') expect(seen).toEqual(seen.toSorted((a, b) => (a < b ? -1 : 1)))
    else expect(runs).toEqual(runs.toSorted((a, b) => b - a))
  })
}

test('a page is small, and a rare flow is found by a part of its name', async () => {
  const page = await getOverview(store(), window)
  expect(page.flows).toHaveLength(50)
  expect(bytes(page)).toBeLessThan(100_000)
  expect(page).toMatchObject({ flowCount: FLOWS + 1, totals: { runs: 172_000, errors: 10_000 } })
  const next = await getOverview(store(), { ...window, cursor: page.next! })
  const names = [...page.flows, ...next.flows].map(({ flow }) => flow)
  expect(new Set(names).size).toBe(100)
  const found = await getOverview(store(), { ...window, name: 'ORDER 4711' })
  expect(found.flows.map(({ flow }) => flow).sort()).toEqual(
    ['order 4711', ...Array.from({ length: 10 }, (_, i) => `order 4711${i}`)].slice(0, 11).sort(),
  )
  expect(found).toMatchObject({ flowCount: 11, next: null, totals: { runs: 172_000 } })
})

test('filters offer the values with the most runs, and count all of them', async () => {
  const { flows, environments, versions, services } = await getFilterOptions(store(), window)
  expect(
    [flows, environments, versions, services].map(({ values, total }) => [values.length, total]),
  ).toEqual([
    [200, FLOWS + 1],
    [200, 1_001],
    [200, 221],
    [1, 1],
  ])
  expect(flows.values).toContain('busy')
  expect(environments.values).toContain('prod')
})

test('pages of steps and of versions reach each once', async () => {
  const steps = new Set<string>()
  const versions = new Set<string>()
  let cursors: { steps?: string | undefined; versions?: string | undefined } = {}
  let pages = 0
  do {
    const page = await getFlowPage(store(), { ...window, flow: 'busy' }, cursors)
    expect(page.totals.runs).toBe(22_000)
    if (pages === 0 || cursors.steps) for (const { step } of page.steps.steps) steps.add(step)
    if (pages === 0 || cursors.versions)
      for (const { version } of page.versions.versions) versions.add(version)
    expect([page.steps.total, page.versions.total]).toEqual([450, 220])
    expect(bytes(page.steps)).toBeLessThan(50_000)
    cursors = { steps: page.steps.next ?? undefined, versions: page.versions.next ?? undefined }
    pages++
  } while (cursors.steps !== undefined || cursors.versions !== undefined)
  expect(pages).toBe(5)
  expect([steps.size, versions.size]).toEqual([450, 220])
})
