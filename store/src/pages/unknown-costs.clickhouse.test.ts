import { beforeAll, expect, test } from 'vitest'
import { settleQuiet } from '../settle/settle.ts'
import { rows } from '../store.ts'
import { EPOCH_MS, insertSpans, later, span, useStore } from '../testing.ts'
import { getFlowPage } from './flow.ts'
import { getOverview } from './overview.ts'
import { getRunPage } from './run.ts'
import { getRunRecords } from './run-records.ts'
import { searchRuns } from './runs.ts'
import { getSessionPage } from './session.ts'
import { getSpan } from './span.ts'

const store = useStore()
const window = { from: new Date(EPOCH_MS), to: new Date(EPOCH_MS + 3_600_000) }
const UNKNOWN = { cost_estimated: 2 }
const tokens = { input_tokens: 10, output_tokens: 5 }

/** Three runs of one session: of a model without a price, of one with and one without, and of one that is free. */
beforeAll(async () => {
  const session = { session_id: 'visit' }
  const model = (name: string, at: number, columns: object) =>
    span('model', name, at, 5, { ...tokens, model: name, ...columns })
  await insertSpans(
    store(),
    'unknown',
    span('flow', 'chat', 0, 50, session, span('step', 'ask', 1, 20, model('ours', 2, UNKNOWN))),
  )
  await insertSpans(
    store(),
    'partly',
    span(
      'flow',
      'chat',
      60_000,
      50,
      session,
      span('step', 'ask', 60_001, 20, model('ours', 60_002, UNKNOWN), model('gpt', 60_010, { cost: 0.5 })),
    ),
  )
  await insertSpans(
    store(),
    'free',
    span(
      'flow',
      'gratis',
      120_000,
      50,
      session,
      span('step', 'ask', 120_001, 20, model('ours', 120_002, {})),
    ),
  )
  await settleQuiet(store(), { quietMs: 0, now: later() })
})

const idOf = (trace: string) => Buffer.from(trace.padEnd(16, '_')).toString('hex')

test('runs say how many of their tokens have no price, and those whose client said 0 have none', async () => {
  const { runs } = await searchRuns(store(), { ...window, limit: 10 })
  expect(runs.map(({ runId, cost, unpricedTokens }) => ({ runId, cost, unpricedTokens }))).toEqual([
    { runId: idOf('free'), cost: 0, unpricedTokens: 0 },
    { runId: idOf('partly'), cost: 0.5, unpricedTokens: 15 },
    { runId: idOf('unknown'), cost: 0, unpricedTokens: 15 },
  ])
  const records = await getRunRecords(store(), { runIds: runs.map(({ runId }) => runId) })
  expect(records.map(({ unpricedTokens }) => unpricedTokens)).toEqual([15, 15, 0])
})

test('so do the models of a run, the flows, their steps and the session', async () => {
  const page = await getRunPage(store(), { runId: idOf('partly') })
  expect(page?.models).toMatchObject([
    { model: 'gpt', cost: 0.5, unpricedTokens: 0 },
    { model: 'ours', cost: 0, unpricedTokens: 15 },
  ])
  const overview = await getOverview(store(), window)
  expect(overview.totals).toMatchObject({ cost: 0.5, unpricedTokens: 30 })
  expect(overview.flows).toMatchObject([
    { flow: 'chat', cost: 0.5, unpricedTokens: 30 },
    { flow: 'gratis', cost: 0, unpricedTokens: 0 },
  ])
  const flow = await getFlowPage(store(), { ...window, flow: 'chat' })
  expect(flow.totals).toMatchObject({ cost: 0.5, unpricedTokens: 30 })
  expect(flow.steps.steps).toMatchObject([{ step: 'ask', cost: 0.5, unpricedTokens: 30 }])
  const ok = await getFlowPage(store(), { ...window, flow: 'chat', status: 'ok' })
  expect(ok.steps.steps).toMatchObject([{ step: 'ask', cost: 0.5, unpricedTokens: 30 }])
  expect((await getSessionPage(store(), { sessionId: 'visit' }))?.totals).toMatchObject({
    cost: 0.5,
    unpricedTokens: 30,
  })
})

test('a span says whether its cost was said, estimated, or is unknown', async () => {
  const [found] = await rows<{ spanId: string }>(
    store(),
    "SELECT lower(hex(span_id)) AS spanId FROM spans WHERE model = 'ours' AND cost_estimated = 2 AND trace_id = unhex({traceId:String})",
    { traceId: idOf('unknown') },
  )
  const unknown = await getSpan(store(), { traceId: idOf('unknown'), spanId: found!.spanId })
  expect(unknown).toMatchObject({ cost: 0, costBasis: 'unknown' })
})
