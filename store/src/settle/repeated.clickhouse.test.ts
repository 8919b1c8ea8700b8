import { expect, test } from 'vitest'
import { execute, rows } from '../store.ts'
import { describeRuns, hex, insertSpans, later, span, useStore } from '../testing.ts'
import { createMemory, settleQuiet } from './settle.ts'

const store = useStore()
const memory = createMemory()

const root = (name: string) => span('flow', name, 0, 100, { span_id: 'root' })
const child = span('step', 's', 10, 5, { span_id: 'child', parent_span_id: 'root____' })

/**
 * An insert was cut off when `spans` had its rows and the queue had not. Its repetition is known by its token: `spans` drops it, and
 * the queue counts it with its own, later time.
 */
async function countLater(name: string): Promise<void> {
  await execute(
    store(),
    `INSERT INTO unsettled_traces (project, trace_id, reason, received, pending)
    SELECT project, trace_id, reason, moved.1, moved.2 FROM (
      SELECT *, arrayJoin([(received, -pending), (received + toIntervalMillisecond(1), pending)]) AS moved
      FROM unsettled_traces WHERE trace_id = unhex('${hex(name)}'))`,
  )
}

async function expectSettled(name: string): Promise<void> {
  await settleQuiet(store(), { quietMs: 0, now: later(), memory })
  expect(await describeRuns(store(), `flow = '${name}'`)).toEqual([`${name} ok 0+100 s#0 ok 10+5`])
  expect(
    await rows(
      store(),
      'SELECT trace_id FROM unsettled_traces GROUP BY trace_id, received HAVING sum(pending) != 0',
    ),
  ).toEqual([])
}

test('spans that came before the time that they are due for become a run', async () => {
  await insertSpans(store(), 'cut off', root('cut off'), child)
  await countLater('cut off')
  await expectSettled('cut off')
})

test('so do some of a trace, where others came after that time', async () => {
  await insertSpans(store(), 'in part', root('in part'))
  await countLater('in part')
  await insertSpans(store(), 'in part', child)
  await expectSettled('in part')
})
