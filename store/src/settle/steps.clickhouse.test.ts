import { expect, test } from 'vitest'
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
const failed = { status: 'error' }

async function settled(trace: string, ...roots: TestSpan[]): Promise<string[]> {
  await insertSpans(store(), trace, ...roots)
  await knowFlows(store())
  await settleQuiet(store(), { quietMs: 0, now: later(), known })
  return describeRuns(store(), `has(trace_ids, toFixedString(unhex('${hex(trace)}'), 16))`)
}

test('steps at any depth, with their enclosing step', async () => {
  const tree = span(
    'flow',
    'f',
    0,
    100,
    span(
      'agent',
      'a',
      0,
      50,
      span('step', 'plan', 1, 40, span('tool', 't', 2, 9, span('step', 'inner', 3, 5))),
    ),
    span('step', 'write', 60, 30),
  )
  expect(await settled('depth', tree)).toEqual([
    'f ok 0+100 plan#0 ok 1+40 | inner#0 ok 3+5 in 0 | write#0 ok 60+30',
  ])
})

test('loops repeat the label, declared occurrences are kept', async () => {
  const declared = (step_index: number) => ({ step_index })
  const tree = span(
    'flow',
    'f',
    0,
    100,
    span('step', 'search', 10, 5),
    span('step', 'search', 0, 5),
    span('step', 'write', 20, 5, declared(1)),
    span('step', 'write', 30, 5, declared(0)),
  )
  expect(await settled('loops', tree)).toEqual([
    'f ok 0+100 search#0 ok 0+5 | search#1 ok 10+5 | write#1 ok 20+5 | write#0 ok 30+5',
  ])
})

test('attempts are children of kind attempt, or declared; a fallback is ok, flagged', async () => {
  const tree = span(
    'flow',
    'f',
    0,
    100,
    span('step', 'plan', 0, 30, span('attempt', 'plan', 0, 10, failed), span('attempt', 'plan', 15, 15)),
    span('step', 'search', 40, 10, { step_attempts: 3, step_fallback: 1 }),
  )
  expect(await settled('attempts', tree)).toEqual([
    'f ok 0+100 plan#0 ok 0+30 x2 | search#0 ok 40+10 x3 fallback',
  ])
})

test('siblings of one label are tries of one step while the earlier failed and ended before', async () => {
  const tree = span(
    'flow',
    'f',
    0,
    100,
    span('step', 'call', 0, 10, failed),
    span('step', 'call', 10, 10, failed),
    span('step', 'call', 30, 10),
    span('step', 'call', 50, 10),
    span('step', 'parallel', 60, 20, failed),
    span('step', 'parallel', 70, 20),
    span('step', 'declared', 91, 1, failed, { step_index: 0 }),
    span('step', 'declared', 93, 1, { step_index: 1 }),
  )
  expect(await settled('retries', tree)).toEqual([
    'f ok 0+100 call#0 ok 0+40 x3 | call#1 ok 50+10 | parallel#0 error 60+20 | parallel#1 ok 70+20' +
      ' | declared#0 error 91+1 | declared#1 ok 93+1',
  ])
})

test('a step inside a later try hangs on the execution', async () => {
  const tree = span(
    'flow',
    'f',
    0,
    100,
    span('step', 'first', 0, 5),
    span('step', 'call', 10, 10, failed),
    span('step', 'call', 30, 10, span('step', 'inner', 31, 2)),
  )
  expect(await settled('later', tree)).toEqual([
    'f ok 0+100 first#0 ok 0+5 | call#0 ok 10+30 x2 | inner#0 ok 31+2 in 1',
  ])
})

test('tries within one millisecond of a client that knows starts only to the millisecond', async () => {
  const tries = [
    span('step', 'flaky', 5, 0.017),
    span('step', 'flaky', 5, 0.129, failed),
    span('step', 'flaky', 5, 0.059, failed),
  ].map((node) => ({
    ...node,
    columns: { ...node.columns, end: `2026-01-01 00:00:00.005${String(node.ms).slice(2)}` },
  }))
  expect(await settled('millis', span('flow', 'f', 0, 100, ...tries))).toEqual([
    'f ok 0+100 flaky#0 ok 5+0 x3',
  ])
})

test('a root of kind step is the run and not a step of it', async () => {
  const chain = span('step', 'chain', 0, 100, span('step', 'a', 1, 5), span('model', 'm', 10, 5))
  expect(await settled('chain', chain)).toEqual(['chain ok 0+100 a#0 ok 1+5'])
  expect(await settled('alone', span('step', 'alone', 0, 100, span('model', 'm', 10, 5)))).toEqual([
    'alone ok 0+100 m#0 ok 10+5',
  ])
})

test('without a step, the direct children of the root are the steps', async () => {
  const tree = span(
    'flow',
    'f',
    0,
    100,
    span('model', 'gpt', 0, 50, span('tool', 't', 1, 2)),
    span('tool', 'u', 60, 1),
  )
  expect(await settled('children', tree)).toEqual(['f ok 0+100 gpt#0 ok 0+50 | u#0 ok 60+1'])
})

test('without a flow, the root names the flow and its children are the steps', async () => {
  const tree = span('span', 'GET /', 0, 100, span('span', 'query', 0, 50, failed, span('span', 'net', 1, 2)))
  expect(await settled('plain', tree)).toEqual(['GET / ok 0+100 query#0 error 0+50'])
})

test('without a root, what hangs in the air are the steps', async () => {
  await insertSpans(
    store(),
    'rootless',
    span('span', 'x', 5, 20, { parent_span_id: 'missing1' }, span('span', 'y', 6, 2)),
  )
  await settleQuiet(store(), { quietMs: 0, now: later(), known })
  expect(await describeRuns(store(), `run_id = '${hex('rootless')}'`)).toEqual(['running? 5+20 x#0 ok 0+20'])
})

test('a step that has not ended runs, and expires with its run', async () => {
  const tree = span('flow', 'unended', 0, null, span('step', 'wait', 1, null))
  expect(await settled('unended', tree)).toEqual(['unended running? 0+1 wait#0 running 1+0'])
  await settleQuiet(store(), { quietMs: 0, now: new Date(Date.now() + 11 * 60_000) })
  expect(await describeRuns(store(), `flow = 'unended'`)).toEqual(['unended expired? 0+1 wait#0 expired 1+0'])
})
