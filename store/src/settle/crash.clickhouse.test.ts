import { afterEach, expect, test } from 'vitest'
import { execute, insert, rows, type Store } from '../store.ts'
import { describeRuns, insertSpans, interceptedWrites, later, span, spanRows, useStore } from '../testing.ts'
import { createMemory, type Memory, settleQuiet } from './settle.ts'

const store = useStore()

/** More than a pass makes. */
const MOST_WRITES = 20

/** What still runs would be due once more when it expires. */
afterEach(() => execute(store(), 'TRUNCATE TABLE unsettled_traces'))

class Crash extends Error {}

/** A store that takes no write from the nth on: like a worker that is killed before it. */
function crashingAt(last: number): Store {
  return interceptedWrites(store(), (write) => {
    if (write >= last) throw new Crash()
  })
}

/** Settles through a store that fails; gives whether it failed on the way. */
async function dies(crashing: Store, memory?: Memory): Promise<boolean> {
  try {
    const { failed } = await settleQuiet(crashing, { quietMs: 0, now: later(), memory })
    return failed?.cause instanceof Crash
  } catch (error) {
    if (error instanceof Crash) return true
    throw error
  }
}

const settle = (memory?: Memory) => settleQuiet(store(), { quietMs: 0, now: later(), memory })

/** Runs, minutes of runs and minutes of steps of the flows whose name begins so. */
async function stateOf(flow: string): Promise<unknown[]> {
  const where = `startsWith(flow, '${flow}')`
  return [
    (await describeRuns(store(), where)).toSorted(),
    await rows(
      store(),
      `SELECT flow, runs, input_tokens FROM run_minutes FINAL WHERE ${where} ORDER BY flow`,
    ),
    await rows(store(), `SELECT flow, executions FROM step_minutes FINAL WHERE ${where} ORDER BY flow`),
  ]
}

test('whatever write a pass dies before, the next pass completes it', async () => {
  // First rows, with another flow and another minute, must vanish on the way.
  const step = { span_id: 'child', parent_span_id: 'root____', input_tokens: 3 }
  const guesses = Array.from({ length: MOST_WRITES }, (_, i) =>
    spanRows(`t${i + 1}`, span('step', 's', 61_000, 10, { ...step, declared_flow: `crash ${i + 1} guess` })),
  )
  await insert(store(), 'spans', guesses.flat())
  await settle()
  let write = 1
  for (; ; write++) {
    const root = { span_id: 'root', input_tokens: 3 }
    await insertSpans(store(), `t${write}`, span('flow', `crash ${write} real`, 0, 70_000, root))
    if (!(await dies(crashingAt(write)))) break
    expect((await settle()).traces).toBe(1)
  }
  expect(write).toBeGreaterThan(6)
  expect(write).toBeLessThan(MOST_WRITES)
  expect(await settle()).toEqual({ traces: 0, runs: 0, more: false })
  for (let of = 1; of <= write; of++) {
    const flow = `crash ${of} real`
    expect(await stateOf(`crash ${of} `)).toEqual([
      [`${flow} ok 0+70000 s#0 ok 61000+10`],
      [{ flow, runs: 1, input_tokens: 3 }],
      [{ flow, executions: 1 }],
    ])
  }
})

test.each([
  ['another one that knows nothing yet', () => createMemory()],
  ['the same worker', ({ traces, flows }: Memory) => createMemory({ traces, flows })],
])('a pass over new traces may die as well: %s completes it', async (who, next) => {
  let write = 1
  for (let died = true; died; write++) {
    const spans = span('flow', `${who} ${write}`, 0, 70, { input_tokens: 3 }, span('step', 's', 10, 20))
    await insertSpans(store(), `n${write}${who}`.slice(0, 16), spans)
    const memory = createMemory()
    died = await dies(crashingAt(write), memory)
    if (died) expect((await settle(next(memory))).traces).toBe(1)
  }
  expect(write).toBeGreaterThan(6)
  const flows = Array.from({ length: write - 1 }, (_, i) => `${who} ${i + 1}`).sort()
  expect(await stateOf(`${who} `)).toEqual([
    flows.map((flow) => `${flow} ok 0+70 s#0 ok 10+20`),
    flows.map((flow) => ({ flow, runs: 1, input_tokens: 3 })),
    flows.map((flow) => ({ flow, executions: 1 })),
  ])
})
