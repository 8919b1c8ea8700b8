import { expect, test } from 'vitest'
import { rows, type Store } from '../store.ts'
import { describeRuns, hex, insertSpans, intercepted, later, span, useStore } from '../testing.ts'
import { settleQuiet, settleTraces } from './settle.ts'

const store = useStore()

const quiet = (to: Store) => settleQuiet(to, { quietMs: 0, now: later() })

test.each([
  ['another worker', 'a', () => quiet(store())],
  ['an evaluation', 'b', (trace: string) => settleTraces(store(), [hex(trace)], { now: later() })],
])(
  'a pass of %s in between, whenever it comes, leaves nothing that is outdated',
  {
    timeout: 600_000,
  },
  async (_, prefix, settleToo) => {
    let overlaps = 0
    for (let at = 1; ; at++) {
      const [trace, name, guess] = [`${prefix}${at}`, `real ${prefix}${at}`, `guess ${prefix}${at}`]
      const step = { span_id: 'child', parent_span_id: 'root____', flow: guess, input_tokens: 3 }
      await insertSpans(store(), trace, span('step', 's', 61_000, 10, step))
      let overlapped = false
      // The root gives the run another flow, start and minute: the first pass knows it or not, the second one does.
      const first = intercepted(store(), async (request) => {
        if (request !== at) return
        overlapped = true
        await insertSpans(store(), trace, span('flow', name, 0, 70_000, { span_id: 'root', input_tokens: 3 }))
        await settleToo(trace)
      })
      await quiet(first)
      if (!overlapped) break
      overlaps++
      let passes = 0
      while ((await quiet(store())).traces > 0) passes++
      expect(passes).toBeLessThanOrEqual(2)

      const mine = `flow IN ('${name}', '${guess}')`
      expect(await describeRuns(store(), mine)).toEqual([`${name} ok 0+70000 s#0 ok 61000+10`])
      expect(
        await rows(store(), `SELECT flow, runs, input_tokens FROM run_minutes FINAL WHERE ${mine}`),
      ).toEqual([{ flow: name, runs: 1, input_tokens: 3 }])
      expect(await rows(store(), `SELECT flow, executions FROM step_minutes FINAL WHERE ${mine}`)).toEqual([
        { flow: name, executions: 1 },
      ])
    }
    expect(overlaps).toBeGreaterThan(10)
  },
)
