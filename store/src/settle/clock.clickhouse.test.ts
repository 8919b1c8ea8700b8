import { expect, test } from 'vitest'
import { latestSettled } from '../pages/status.ts'
import { execute, insert, rows } from '../store.ts'
import { describeRuns, hex, span, spanRows, useStore } from '../testing.ts'
import { createMemory, type Memory, settleQuiet, settleTraces } from './settle.ts'

const store = useStore()

/** What ClickHouse's clock says while it is a day ahead; afterwards it is set back. */
const tomorrow = (): string =>
  new Date(Date.now() + 86_400_000).toISOString().replace('T', ' ').replace('Z', '')

const spansOfTomorrow = (trace: string, ...roots: readonly ReturnType<typeof span>[]) =>
  insert(
    store(),
    'spans',
    spanRows(trace, ...roots).map((row) => ({ ...row, received: tomorrow() })),
  )
const spansOfToday = (trace: string, ...roots: readonly ReturnType<typeof span>[]) =>
  insert(store(), 'spans', spanRows(trace, ...roots))

/** Makes what is there as if it had been settled before the clock was set back. */
async function settledTomorrow(): Promise<void> {
  for (const table of ['runs', 'run_minutes', 'step_minutes'])
    await execute(
      store(),
      `INSERT INTO ${table} SELECT * REPLACE (settled + INTERVAL 1 DAY AS settled) FROM ${table} FINAL`,
    )
  await execute(
    store(),
    `INSERT INTO settling_passes SELECT * REPLACE (version + INTERVAL 1 DAY AS version, said + INTERVAL 1 DAY AS said) FROM settling_passes`,
  )
}

const settle = (memory = createMemory()) => settleQuiet(store(), { quietMs: 60_000, memory })
const minutes = (flow: string) =>
  rows(
    store(),
    `SELECT toUInt64(sum(runs)) AS runs, toUInt64(sum(errors)) AS errors, sum(minutes.input_tokens) AS tokens
    FROM run_minutes AS minutes FINAL WHERE flow = {flow:String}`,
    { flow },
  )

test('spans that came before the clock was set back are quiet, and settle once', async () => {
  await spansOfToday('fresh', span('flow', 'fresh', 0, 10))
  await spansOfTomorrow('ended', span('flow', 'ended', 0, 10))
  await spansOfTomorrow('running', span('flow', 'running', 0, null))
  expect((await settle()).traces).toBe(2)
  expect(await describeRuns(store(), `flow IN ('fresh', 'ended', 'running')`)).toEqual([
    'ended ok 0+10',
    'running expired? 0+0',
  ])
  expect((await settle()).traces).toBe(0)
  // Its end comes after all.
  await spansOfTomorrow('running', span('flow', 'running', 0, 30))
  expect((await settle()).traces).toBe(1)
  expect(await describeRuns(store(), `flow = 'running'`)).toEqual(['running ok 0+30'])
})

test.each([
  ['by the worker that settled it', (memory: Memory) => settle(memory)],
  ['by another one', () => settle()],
  ['at once', (_: Memory, trace: string) => settleTraces(store(), [hex(trace)])],
])('a run that settled before the clock was set back settles again, %s', async (who, settleAgain) => {
  const flow = `late ${who}`
  const trace = who.replaceAll(' ', '').slice(0, 14)
  const memory = createMemory()
  await spansOfTomorrow(trace, span('flow', flow, 0, 10, { input_tokens: 3 }))
  await settle(memory)
  await settledTomorrow()
  // Another run of the same minute, then a late span that changes the first.
  await spansOfTomorrow(`${trace}2`, span('flow', flow, 20, 10))
  await settle(memory)
  expect(await minutes(flow)).toEqual([{ runs: 2, errors: 0, tokens: 3 }])
  await spansOfTomorrow(trace, span('flow', flow, 0, 40, { status: 'error', input_tokens: 5 }))
  await settleAgain(memory, trace)
  expect(await describeRuns(store(), `flow = '${flow}'`)).toEqual([`${flow} error 0+40`, `${flow} ok 20+10`])
  expect(await minutes(flow)).toEqual([{ runs: 2, errors: 1, tokens: 5 }])
})

test('a page hears of what settles after the clock was set back', async () => {
  await spansOfTomorrow('heard', span('flow', 'heard', 0, 10))
  await settle()
  await settledTomorrow()
  const before = await latestSettled(store())
  await spansOfTomorrow('heard2', span('flow', 'heard', 600_000, 10))
  await settle()
  expect(await latestSettled(store())).not.toBe(before)
})

test('a worker learns what another one settled after the clock was set back', async () => {
  const [one, other] = [createMemory(), createMemory()]
  for (const [nth, memory] of [one, other, one].entries()) {
    await spansOfTomorrow(`taught${nth}`, span('flow', 'taught', 0, 10))
    await settle(memory)
  }
  await execute(store(), `TRUNCATE TABLE unsettled_traces`)
  await settledTomorrow()
  await spansOfTomorrow('shared', span('flow', 'taught', 0, 50, { span_id: 'root' }, span('step', 'a', 1, 2)))
  await settle(other)
  await execute(store(), `TRUNCATE TABLE unsettled_traces`)
  await spansOfTomorrow('shared', span('step', 'b', 5, 2, { span_id: 'late', parent_span_id: 'root____' }))
  await settle(one)
  expect(await describeRuns(store(), `run_id = '${hex('shared')}'`)).toEqual([
    'taught ok 0+50 a#0 ok 1+2 | b#0 ok 5+2',
  ])
})
