import { beforeEach, expect, test } from 'vitest'
import { addMonitor } from '../evaluations/monitors.ts'
import { getOverview } from '../pages/overview.ts'
import { execute, insert, rows } from '../store.ts'
import { EPOCH_MS, insertSpans, later, span, spanRows, useStore } from '../testing.ts'
import { MOST_FLOWS, OTHER_FLOWS } from './known-flows.ts'
import { createMemory, type Memory, settleQuiet } from './settle.ts'

const store = useStore()
const settle = (memory?: Memory) => settleQuiet(store(), { quietMs: 0, now: later(), memory })
const window = { from: new Date(EPOCH_MS - 60_000), to: new Date(EPOCH_MS + 3_600_000) }

const TABLES = ['flows', 'spans', 'runs', 'run_minutes', 'step_minutes', 'unsettled_traces', 'monitors']

beforeEach(async () => {
  for (const table of TABLES) await execute(store(), `TRUNCATE TABLE ${table}`)
})

/** Flows that were there before: room is left for so many. */
async function leaveRoom(room: number, project = 'default'): Promise<void> {
  const fill = `INSERT INTO flows SELECT {project:String}, concat('before ', toString(number)) FROM numbers({flows:UInt32})`
  await execute(store(), fill, { project, flows: MOST_FLOWS - room })
}

const RUNS = `
  SELECT hex(trace_id) AS trace, flow, status, step_names, input_tokens FROM runs FINAL
  WHERE project = {project:String} ORDER BY trace`
const MINUTES = `
  SELECT flow, sum(runs) FROM run_minutes FINAL WHERE project = {project:String} GROUP BY flow ORDER BY flow`
const STEPS = `
  SELECT flow, step, sum(executions) FROM step_minutes FINAL WHERE project = {project:String} GROUP BY ALL ORDER BY ALL`
const state = (project: string) =>
  Promise.all([RUNS, MINUTES, STEPS].map((query) => rows(store(), query, { project })))

/** Traces with a flow span, and with none: there the root's name is the flow, and its spans do not say it. */
function traces(project: string, wave: string): Record<string, unknown>[] {
  const names = ['known', 'order 1', 'order 2', 'order 2', 'order 3']
  return names.flatMap((name, i) =>
    ['flow', 'span'].flatMap((kind) => {
      const root = span(kind, `${kind} ${name}`, i, 10, span('step', 'plan', i + 1, 5, { input_tokens: 3 }))
      return spanRows(`${wave}${kind}${i}`, root).map((row) => ({ ...row, project }))
    }),
  )
}

test('workers that know what was settled and those that know nothing fold the same runs, also when they settle again', async () => {
  const memory = createMemory()
  for (const project of ['known', 'unknown']) await leaveRoom(4, project)
  for (const wave of ['a', 'b']) {
    await insert(store(), 'spans', traces('known', wave))
    await settle(memory)
    await insert(store(), 'spans', traces('unknown', wave))
    await settle()
    expect(await state('known')).toEqual(await state('unknown'))
  }
  const flows = async () =>
    (await rows<{ flow: string; n: number }>(store(), MINUTES, { project: 'unknown' })).map(
      ({ flow }) => flow,
    )
  const [first] = await rows<{ names: string[] }>(
    store(),
    `SELECT arraySort(groupUniqArray(toString(flow))) AS names FROM runs FINAL WHERE project = 'unknown'`,
  )
  // Those with the most spans first, then by name.
  expect(first?.names).toEqual([OTHER_FLOWS, 'flow known', 'flow order 1', 'flow order 2', 'span order 2'])
  expect(await flows()).toEqual(first?.names)

  // A late span: the run is counted as before.
  const before = await state('unknown')
  const late = spanRows('bflow4', span('step', 'late', 7, 1, { parent_span_id: 's0______', span_id: 'late' }))
  for (const project of ['known', 'unknown']) {
    await insert(
      store(),
      'spans',
      late.map((row) => ({ ...row, project })),
    )
    await settle(memory)
  }
  expect(await state('known')).toEqual(await state('unknown'))
  expect(await flows()).toEqual(first?.names)
  expect((await state('unknown'))[1]).toEqual(before[1])
})

test('a flow that a monitor names is told apart, and what was known before stays', async () => {
  await leaveRoom(0)
  await addMonitor(store(), { name: 'm', flow: 'watched', definition: '{}', sample: 1 })
  for (const flow of ['watched', 'before 7', 'order 1', 'order 2'])
    await insertSpans(store(), flow, span('flow', flow, 0, 10))
  await settle(createMemory())
  const overview = await getOverview(store(), window)
  expect(overview.flows.map(({ flow, runs }) => [flow, runs])).toEqual([
    [OTHER_FLOWS, 2],
    ['before 7', 1],
    ['watched', 1],
  ])
  expect(overview).toMatchObject({ foldedRuns: 2, flowCount: 3, totals: { runs: 4 } })
})

test('an id in the name of every run adds one flow beyond the bound', async () => {
  await leaveRoom(3)
  await execute(store(), FLOOD)
  await settle(createMemory())
  await settle(createMemory())
  const query = `SELECT uniqExact(flow) AS flows, countIf(flow = {other:String}) AS folded FROM runs FINAL`
  expect(await rows(store(), query, { other: OTHER_FLOWS })).toEqual([{ flows: 4, folded: 997 }])
  expect(await rows(store(), 'SELECT uniqExact(flow) AS flows FROM flows')).toEqual([{ flows: MOST_FLOWS }])
})

const FLOOD = `
  INSERT INTO spans (project, trace_id, span_id, name, kind, status, step_index, start, end)
  SELECT
    'default', murmurHash3_128(number), substring(murmurHash3_128(number, 1), 1, 8)::FixedString(8),
    concat('GET /orders/', toString(number)), 'span', 'ok', -1,
    toDateTime64('2026-01-01 00:00:00', 9, 'UTC'), toDateTime64('2026-01-01 00:00:01', 9, 'UTC')
  FROM numbers(1000)`
