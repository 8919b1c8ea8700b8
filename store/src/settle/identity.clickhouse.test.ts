import { expect, test } from 'vitest'
import { rows } from '../store.ts'
import {
  describeRuns,
  hex,
  insertSpans,
  knowFlows,
  later,
  span,
  type TestSpan,
  useStore,
} from '../testing.ts'
import { settleQuiet } from './settle.ts'
import { SettledRuns } from './settled-runs.ts'

const store = useStore()
const known = new SettledRuns()

async function insertAndSettle(trace: string, ...roots: TestSpan[]): Promise<void> {
  await insertSpans(store(), trace, ...roots)
  await knowFlows(store())
  await settleQuiet(store(), { quietMs: 0, now: later(), known })
}

const ofTrace = (trace: string) => `has(trace_ids, toFixedString(unhex('${hex(trace)}'), 16))`

const identities = (trace: string) =>
  rows(
    store(),
    `SELECT flow, run_id, parent_run_id, span_count FROM runs FINAL WHERE ${ofTrace(trace)} ORDER BY start`,
  )

/** `name run` of every span, by name. */
async function spanRuns(trace: string): Promise<string[]> {
  const query = `SELECT concat(name, ' ', flow, ' ', run_id) AS line FROM spans FINAL
    WHERE trace_id = unhex({trace:String}) ORDER BY name`
  return (await rows<{ line: string }>(store(), query, { trace: hex(trace) })).map((row) => row.line)
}

test('nested flows are runs of their own, with their parent', async () => {
  const inner = span('flow', 'inner', 20, 30, { span_id: 'inner' }, span('step', 'deep', 21, 5))
  await insertAndSettle(
    'nested',
    span('flow', 'outer', 0, 100, span('step', 'call', 10, 50, inner), span('step', 'z', 70, 5)),
  )
  const id = hex('nested')
  const innerId = `${id}-${hex('inner', 8)}`
  expect(await identities('nested')).toEqual([
    { flow: 'outer', run_id: id, parent_run_id: '', span_count: 3 },
    { flow: 'inner', run_id: innerId, parent_run_id: id, span_count: 2 },
  ])
  expect(await describeRuns(store(), ofTrace('nested'))).toEqual([
    'outer ok 0+100 call#0 ok 10+50 | z#0 ok 70+5',
    'inner ok 20+30 deep#0 ok 1+5',
  ])
  expect(await spanRuns('nested')).toEqual([
    `call outer ${id}`,
    `deep inner ${innerId}`,
    `inner inner ${innerId}`,
    `outer outer ${id}`,
    `z outer ${id}`,
  ])
})

test('spans outside any flow belong to the first of several outermost flows', async () => {
  const two = [span('flow', 'a', 10, 10, { span_id: 'a' }), span('flow', 'b', 30, 10, { span_id: 'b' })]
  await insertAndSettle('outside', span('span', 'POST /', 0, 100, ...two, span('span', 'log', 90, 1)))
  const id = hex('outside')
  expect(await spanRuns('outside')).toEqual([
    `POST / a ${id}`,
    `a a ${id}`,
    `b b ${id}-${hex('b', 8)}`,
    `log a ${id}`,
  ])
  expect(await describeRuns(store(), ofTrace('outside'))).toEqual(['a ok 10+10', 'b ok 30+10'])
})

test('a declared run id wins, also for what is outside', async () => {
  const own = { declared_run_id: 'my-run', declared_parent_run_id: 'my-parent' }
  const flow = span('flow', 'f', 10, 50, own, span('step', 's', 20, 10, own, span('span', 'fetch', 21, 1)))
  await insertAndSettle('declared', span('span', 'POST /', 0, 100, flow))
  expect(await identities('declared')).toEqual([
    { flow: 'f', run_id: 'my-run', parent_run_id: 'my-parent', span_count: 4 },
  ])
})

test('a run over several traces is as its last part is', async () => {
  const own = { declared_run_id: 'resumed' }
  const part = (at: number, status: string, step: string) =>
    span('flow', 'f', at, 10, { ...own, status }, span('step', step, at + 1, 5, own))
  await insertAndSettle('part1', part(0, 'suspended', 'ask'))
  expect(await describeRuns(store(), `run_id = 'resumed'`)).toEqual(['f suspended 0+10 ask#0 ok 1+5'])
  await insertAndSettle('part2', part(5000, 'ok', 'answer'))
  expect(await describeRuns(store(), `run_id = 'resumed'`)).toEqual([
    'f ok 0+5010 ask#0 ok 1+5 | answer#0 ok 5001+5',
  ])
  expect(
    await rows(store(), `SELECT length(trace_ids) AS traces FROM runs FINAL WHERE run_id = 'resumed'`),
  ).toEqual([{ traces: 2 }])
})

test('of several roots without a flow, the first names the run', async () => {
  await insertAndSettle(
    'roots',
    span('span', 'later', 50, 10, { span_id: 'later' }),
    span('span', 'first', 0, 20),
  )
  expect(await describeRuns(store(), ofTrace('roots'))).toEqual(['first ok 0+20'])
})

test('a late root with another name and an earlier start leaves no trace of the old row', async () => {
  const orphan = span('step', 's', 61_000, 10, {
    span_id: 'child',
    parent_span_id: 'root____',
    flow: 'guess',
  })
  await insertAndSettle('late', orphan)
  expect(await describeRuns(store(), ofTrace('late'))).toEqual(['guess running? 61000+10 s#0 ok 0+10'])
  await insertAndSettle('late', span('flow', 'real', 0, 70_000, { span_id: 'root' }))
  expect(await describeRuns(store(), ofTrace('late'))).toEqual(['real ok 0+70000 s#0 ok 61000+10'])
  expect(
    await rows(store(), `SELECT flow, runs FROM run_minutes FINAL WHERE flow IN ('guess', 'real')`),
  ).toEqual([{ flow: 'real', runs: 1 }])
  expect(await spanRuns('late')).toEqual([`real real ${hex('late')}`, `s real ${hex('late')}`])
})

test('cycles of parents and self parents end', async () => {
  const spans = [
    span('step', 'self', 0, 5, { span_id: 'self', parent_span_id: 'self____' }),
    span('step', 'x', 1, 5, { span_id: 'x', parent_span_id: 'y_______' }),
    span('step', 'y', 2, 5, { span_id: 'y', parent_span_id: 'x_______' }),
    span('flow', 'f', 0, 50, { span_id: 'f' }),
  ]
  await insertAndSettle('cycles', ...spans)
  expect(await describeRuns(store(), ofTrace('cycles'))).toEqual([
    'f ok 0+50 self#0 ok 0+5 | x#0 ok 1+5 in 2 | y#0 ok 2+5 in 1',
  ])
})

test('a flow of another framework inside a trial belongs to the experiment', async () => {
  const foreign = span('flow', 'foreign', 20, 30)
  const trial = { experiment_id: 'experiment', case_id: 'case', trial: 2 }
  await insertAndSettle('trial', span('flow', 'task', 0, 100, trial, span('step', 'call', 10, 50, foreign)))
  const query = `SELECT flow, source, experiment_id, case_id, trial FROM runs FINAL
    WHERE ${ofTrace('trial')} ORDER BY start`
  expect(await rows(store(), query)).toEqual([
    { flow: 'task', source: 'experiment', ...trial },
    { flow: 'foreign', source: 'experiment', ...trial },
  ])
})
