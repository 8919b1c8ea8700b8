import { expect, test } from 'vitest'
import { rows } from '../store.ts'
import { describeRuns, hex, insertSpans, later, span, useStore } from '../testing.ts'
import { settleQuiet, settleTraces } from './settle.ts'

const store = useStore()

test('settles a trace once it is quiet, and again only when spans come', async () => {
  const flow = span('flow', 'research', 0, 100, span('step', 'plan', 0, 10))
  await insertSpans(store(), 'quiet', flow)
  expect(await settleQuiet(store(), { quietMs: 3_600_000 })).toEqual({ traces: 0, runs: 0, more: false })

  const settled = await settleQuiet(store(), { quietMs: 0, now: later() })
  expect(settled).toEqual({
    traces: 1,
    runs: 1,
    more: false,
  })
  expect(await settleQuiet(store(), { quietMs: 0, now: later() })).toEqual({
    traces: 0,
    runs: 0,
    more: false,
  })

  await insertSpans(store(), 'quiet', flow)
  expect((await settleQuiet(store(), { quietMs: 0, now: later() })).traces).toBe(1)
  expect(await rows(store(), 'SELECT count() AS runs, sum(span_count) AS spans FROM runs FINAL')).toEqual([
    { runs: 1, spans: 2 },
  ])
})

test('an unfinished run is running, then expires without another span', async () => {
  await insertSpans(store(), 'lost', span('flow', 'lost', 0, null, span('step', 'plan', 0, 10)))
  const status = () => rows(store(), `SELECT status, incomplete FROM runs FINAL WHERE flow = 'lost'`)
  await settleQuiet(store(), { quietMs: 0, now: later() })
  expect(await status()).toEqual([{ status: 'running', incomplete: 1 }])
  expect(await settleQuiet(store(), { quietMs: 0, now: later() })).toEqual({
    traces: 0,
    runs: 0,
    more: false,
  })

  const eleven = new Date(Date.now() + 11 * 60_000)
  expect((await settleQuiet(store(), { quietMs: 0, now: eleven })).runs).toBe(1)
  expect(await status()).toEqual([{ status: 'expired', incomplete: 1 }])
  expect(await settleQuiet(store(), { quietMs: 0, now: eleven })).toEqual({ traces: 0, runs: 0, more: false })
})

test('a run that goes on is looked at again when it may have expired, once', async () => {
  const now = Date.now()
  const at = (minutes: number) => new Date(now + minutes * 60_000)
  const received = (minutes: number) => at(minutes).toISOString().replace('T', ' ').replace('Z', '')
  const pass = async (minutes: number) => {
    const { traces } = await settleQuiet(store(), { quietMs: 0, now: at(minutes) })
    return traces
  }
  await insertSpans(store(), 'goes on', span('flow', 'goes on', 0, null, { received: received(0) }))
  expect([await pass(0), await pass(0)]).toEqual([1, 0])
  await insertSpans(
    store(),
    'goes on',
    span('step', 'late', 10, 10, { span_id: 'late', received: received(5) }),
  )
  expect([await pass(5), await pass(5), await pass(11), await pass(11)]).toEqual([1, 0, 0, 0])
  expect(await rows(store(), `SELECT status FROM runs FINAL WHERE flow = 'goes on'`)).toEqual([
    { status: 'running' },
  ])
  expect([await pass(16), await pass(16)]).toEqual([1, 0])
})

test('named traces settle at once, unknown ones are ignored', async () => {
  await insertSpans(store(), 'named', span('flow', 'named', 0, 10))
  const settled = await settleTraces(store(), [hex('named'), hex('unknown')])
  expect(settled.runs).toBe(1)
  expect(await describeRuns(store(), `run_id = '${hex('named')}'`)).toEqual(['named ok 0+10'])
  expect(await settleTraces(store(), [])).toEqual({ traces: 0, runs: 0, more: false })
})

test('traces that settled at once are not due any more, and those that are settled are left as they are', async () => {
  const pass = () => settleQuiet(store(), { quietMs: 0, now: later() })
  await insertSpans(store(), 'first', span('flow', 'at once', 0, 10))
  await insertSpans(store(), 'second', span('flow', 'at once', 0, 20))
  while ((await pass()).traces > 0);
  await insertSpans(store(), 'second', span('flow', 'at once', 0, 20, span('step', 's', 1, 2)))
  const both = [hex('first'), hex('second')]
  expect((await settleTraces(store(), both)).traces).toBe(1)
  expect((await settleTraces(store(), both)).traces).toBe(0)
  expect((await pass()).traces).toBe(0)
  expect(await describeRuns(store(), `flow = 'at once'`)).toEqual([
    'at once ok 0+10',
    'at once ok 0+20 s#0 ok 1+2',
  ])
  await insertSpans(store(), 'second', span('step', 't', 5, 2, { span_id: 'late' }))
  expect((await pass()).traces).toBe(1)
})

test('two passes at once agree, and come to an end', async () => {
  for (let i = 0; i < 5; i++)
    await insertSpans(store(), `both${i}`, span('flow', 'both', i, 10, span('step', 's', i, 5)))
  const pass = () => settleQuiet(store(), { quietMs: 0, now: later() })
  await Promise.all([pass(), pass()])
  let passes = 0
  while ((await pass()).traces > 0) passes++
  expect(passes).toBeLessThanOrEqual(1)
  const totals = `SELECT sum(runs) AS runs, sum(errors) AS errors FROM run_minutes FINAL WHERE flow = 'both'`
  expect(await rows(store(), totals)).toEqual([{ runs: 5, errors: 0 }])
  expect(await rows(store(), `SELECT count() AS runs FROM runs FINAL WHERE flow = 'both'`)).toEqual([
    { runs: 5 },
  ])
})

test('a trace that is never quiet settles every half minute', async () => {
  const busy = async () => (await describeRuns(store(), `flow = 'busy'`))[0]
  const pass = (afterMs: number) =>
    settleQuiet(store(), { quietMs: 3_600_000, now: new Date(Date.now() + afterMs) })
  await insertSpans(
    store(),
    'busy',
    span('step', 's', 0, 5, { parent_span_id: 'root____', declared_flow: 'busy' }),
  )
  expect((await pass(20_000)).runs).toBe(0)
  expect((await pass(40_000)).runs).toBe(1)
  expect(await busy()).toMatch(/^busy running/)
  await insertSpans(
    store(),
    'busy',
    span('step', 's', 10, 5, { span_id: 'b', parent_span_id: 'root____', declared_flow: 'busy' }),
  )
  expect((await pass(20_000)).runs).toBe(0)
  expect((await pass(40_000)).runs).toBe(1)
  expect(await busy()).toMatch(/^busy running/)
})

const settleAll = () => settleQuiet(store(), { quietMs: 0, now: later() })

test('a late root with another name and an earlier start leaves no trace of the old row', async () => {
  const orphan = { span_id: 'child', parent_span_id: 'root____', declared_flow: 'guess' }
  await insertSpans(store(), 'late', span('step', 's', 61_000, 10, orphan))
  await settleAll()
  const where = `run_id = '${hex('late')}'`
  expect(await describeRuns(store(), where)).toEqual(['guess running? 61000+10 s#0 ok 0+10'])
  await insertSpans(store(), 'late', span('flow', 'real', 0, 70_000, { span_id: 'root' }))
  await settleAll()
  expect(await describeRuns(store(), where)).toEqual(['real ok 0+70000 s#0 ok 61000+10'])
  for (const [table, count] of [
    ['run_minutes', 'runs'],
    ['step_minutes', 'executions'],
  ])
    expect(
      await rows(
        store(),
        `SELECT flow, minute, ${count} AS n FROM ${table} FINAL WHERE flow IN ('guess', 'real')`,
      ),
    ).toEqual([{ flow: 'real', minute: '2026-01-01 00:00:00', n: 1 }])
})

test('a model call that comes late takes the usage over from its wrapper', async () => {
  const usage = { input_tokens: 7, output_tokens: 14 }
  const totals = async () => [
    await rows(
      store(),
      `SELECT input_tokens, output_tokens, step_input_tokens, models FROM runs FINAL WHERE flow = 'takes over'`,
    ),
    await rows(
      store(),
      `SELECT input_tokens, output_tokens FROM run_minutes FINAL WHERE flow = 'takes over'`,
    ),
  ]
  await insertSpans(
    store(),
    'over',
    span('flow', 'takes over', 0, 100, span('step', 's', 0, 50, usage, { span_id: 'step' })),
  )
  await settleAll()
  expect(await totals()).toEqual([[{ ...usage, step_input_tokens: [7], models: [] }], [usage]])
  const late = { span_id: 'model', parent_span_id: 'step____', model: 'gpt' }
  await insertSpans(store(), 'over', span('model', 'm', 0, 10, usage, late))
  await settleAll()
  expect(await totals()).toEqual([[{ ...usage, step_input_tokens: [7], models: ['gpt'] }], [usage]])
})

test('a span sent again is counted once; of start and end record the end wins', async () => {
  const flow = (ms: number | null) =>
    span('flow', 'again', 0, ms, span('model', 'm', 0, ms && 10, ms ? { input_tokens: 3 } : {}))
  for (const ms of [null, 50, 50, null]) {
    await insertSpans(store(), 'again', flow(ms))
    await settleAll()
  }
  expect(
    await rows(store(), `SELECT status, span_count, input_tokens FROM runs FINAL WHERE flow = 'again'`),
  ).toEqual([{ status: 'ok', span_count: 2, input_tokens: 3 }])
  expect(
    await rows(store(), `SELECT runs, input_tokens FROM run_minutes FINAL WHERE flow = 'again'`),
  ).toEqual([{ runs: 1, input_tokens: 3 }])
})
