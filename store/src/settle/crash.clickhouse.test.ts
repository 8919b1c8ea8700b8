import { expect, test } from 'vitest'
import { rows, type Store } from '../store.ts'
import { describeRuns, insertSpans, intercepted, knowFlows, later, span, useStore } from '../testing.ts'
import { settleQuiet } from './settle.ts'
import { SettledRuns } from './settled-runs.ts'

const store = useStore()

class Crash extends Error {}

/** A store whose nth request from now on is its last: like a worker that is killed. */
function crashingAt(last: number): Store {
  return intercepted(store(), (request) => {
    if (request >= last) throw new Crash()
  })
}

/** Settles through a store that fails; gives whether it failed on the way. */
async function dies(crashing: Store, known?: SettledRuns): Promise<boolean> {
  try {
    const { failed } = await settleQuiet(crashing, { quietMs: 0, now: later(), known })
    return failed?.cause instanceof Crash
  } catch (error) {
    if (error instanceof Crash) return true
    throw error
  }
}

test('whatever statement a pass dies before, the next pass completes it', { timeout: 600_000 }, async () => {
  let crashes = 0
  for (let request = 1; ; request++) {
    // A first row, with another flow and another minute, must vanish on the way.
    const [name, guess] = [`real${request}`, `guess${request}`]
    const step = span('step', 's', 61_000, 10, {
      span_id: 'child',
      parent_span_id: 'root____',
      flow: guess,
      input_tokens: 3,
    })
    await insertSpans(store(), `t${request}`, step)
    await settleQuiet(store(), { quietMs: 0, now: later() })
    await insertSpans(
      store(),
      `t${request}`,
      span('flow', name, 0, 70_000, { span_id: 'root', input_tokens: 3 }),
    )

    const died = await dies(crashingAt(request))
    if (died) {
      crashes++
      expect((await settleQuiet(store(), { quietMs: 0, now: later() })).traces).toBe(1)
    }

    expect(await describeRuns(store(), `flow IN ('${name}', '${guess}')`)).toEqual([
      `${name} ok 0+70000 s#0 ok 61000+10`,
    ])
    const minutes = `SELECT flow, runs, input_tokens FROM run_minutes FINAL WHERE flow IN ('${name}', '${guess}')`
    expect(await rows(store(), minutes)).toEqual([{ flow: name, runs: 1, input_tokens: 3 }])
    const steps = `SELECT flow, executions FROM step_minutes FINAL WHERE flow IN ('${name}', '${guess}')`
    expect(await rows(store(), steps)).toEqual([{ flow: name, executions: 1 }])
    expect(await settleQuiet(store(), { quietMs: 0, now: later() })).toEqual({
      traces: 0,
      runs: 0,
      more: false,
    })
    if (!died) break
  }
  expect(crashes).toBeGreaterThan(10)
})

test.each([
  ['another one that knows nothing yet', () => new SettledRuns()],
  ['the same worker', (same: SettledRuns) => same],
])('a pass over new traces may die as well: %s completes it', { timeout: 600_000 }, async (who, next) => {
  for (let request = 1; ; request++) {
    const flow = `new ${request} for ${who}`
    const spans = span('flow', flow, 0, 70, { input_tokens: 3 }, span('step', 's', 10, 20))
    await insertSpans(store(), `n${request}${who}`.slice(0, 16), spans)
    await knowFlows(store())
    const known = new SettledRuns()
    const died = await dies(crashingAt(request), known)
    if (died)
      expect((await settleQuiet(store(), { quietMs: 0, now: later(), known: next(known) })).traces).toBe(1)

    expect(await describeRuns(store(), `flow = '${flow}'`)).toEqual([`${flow} ok 0+70 s#0 ok 10+20`])
    const minutes = `SELECT runs, input_tokens FROM run_minutes FINAL WHERE flow = '${flow}'`
    expect(await rows(store(), minutes)).toEqual([{ runs: 1, input_tokens: 3 }])
    if (died) continue
    expect(request).toBeGreaterThan(8)
    break
  }
})
