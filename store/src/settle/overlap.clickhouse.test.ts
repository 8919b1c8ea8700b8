import { expect, test } from 'vitest'
import { insert, rows, type Store } from '../store.ts'
import { describeRuns, hex, insertSpans, intercepted, later, span, spanRows, useStore } from '../testing.ts'
import { settleQuiet, settleTraces } from './settle.ts'

const store = useStore()

const quiet = (to: Store) => settleQuiet(to, { quietMs: 0, now: later() })

/** A step whose root is missing: it says another flow, and begins in another minute. */
const guessRows = (name: string) =>
  spanRows(
    name,
    span('step', 's', 61_000, 10, {
      span_id: 'child',
      parent_span_id: 'root____',
      declared_flow: `${name} guess`,
      input_tokens: 3,
    }),
  )

/** The root gives the run another flow, start and minute: a pass knows it or not. */
const insertRoot = (name: string) =>
  insertSpans(store(), name, span('flow', `${name} real`, 0, 70_000, { span_id: 'root', input_tokens: 3 }))

async function expectSettled(name: string): Promise<void> {
  const flow = `${name} real`
  const mine = `flow IN ('${flow}', '${name} guess')`
  expect(await describeRuns(store(), mine)).toEqual([`${flow} ok 0+70000 s#0 ok 61000+10`])
  expect(await rows(store(), `SELECT flow, runs, input_tokens FROM run_minutes FINAL WHERE ${mine}`)).toEqual(
    [{ flow, runs: 1, input_tokens: 3 }],
  )
  expect(await rows(store(), `SELECT flow, executions FROM step_minutes FINAL WHERE ${mine}`)).toEqual([
    { flow, executions: 1 },
  ])
}

async function settleRest(): Promise<void> {
  let passes = 0
  while ((await quiet(store())).traces > 0) passes++
  expect(passes).toBeLessThanOrEqual(2)
}

test('a pass of another worker in between, whenever it comes, leaves nothing that is outdated', async () => {
  let at = 1
  for (let overlapped = true; overlapped; at++) {
    const name = `worker ${at}`
    await insert(store(), 'spans', guessRows(name))
    overlapped = false
    const first = intercepted(store(), async (request) => {
      if (request !== at) return
      overlapped = true
      await insertRoot(name)
      await quiet(store())
    })
    await quiet(first)
    if (!overlapped) await insertRoot(name)
  }
  // What one pair of passes has left, the next one settles; each as well as the last one does.
  await settleRest()
  expect(at).toBeGreaterThan(12)
  for (let of = 1; of < at; of++) await expectSettled(`worker ${of}`)
})

test('so does an evaluation that settles its own trace, whenever it does', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `evaluation ${i + 1}`)
  await insert(store(), 'spans', names.flatMap(guessRows))
  let overlaps = 0
  const first = intercepted(store(), async (request) => {
    const name = names[request - 1]!
    overlaps++
    await insertRoot(name)
    await settleTraces(store(), [hex(name)], { now: later() })
  })
  await quiet(first)
  expect(overlaps).toBeGreaterThan(10)
  await settleRest()
  for (const name of names.slice(0, overlaps)) await expectSettled(name)
})

test('as many spans as two passes at once have seen are settled by the next pass', async () => {
  const flow = span('flow', 'as many', 0, null)
  await insertSpans(store(), 'as many', flow)
  let requests = 0
  const first = intercepted(store(), async () => {
    // Both have read what is due, and check it off.
    if (++requests === 2) await quiet(store())
  })
  await quiet(first)
  expect(requests).toBeGreaterThan(3)
  await insertSpans(store(), 'as many', { ...flow, ms: 100 })
  expect((await quiet(store())).traces).toBe(1)
  expect(await describeRuns(store(), `flow = 'as many'`)).toEqual(['as many ok 0+100'])
})
