import { setTimeout as pause } from 'node:timers/promises'
import { currentRunId, flow, signal } from '@weir/sdk'
import { memoryStore } from '@weir/sdk/stores/memory'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { recordRun } from '../vitest.ts'

const approval = signal<string>('approval')
type Call = 'a' | 'b' | 'wait' | 'sleep'

/** Milliseconds that each wait lasts. A run that has nothing else to do is suspended after 20. */
const WAIT = 400

it('a durable run is one run, however often it was suspended: its steps once each, and no waiting in its duration', async () => {
  const calls = fc.array(fc.constantFrom<Call>('a', 'b', 'wait', 'sleep'), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(calls, async (program) => {
      let waitedMs = 0
      const waiting = async (wait: () => Promise<unknown>) => {
        const startedMs = performance.now()
        await wait()
        waitedMs += performance.now() - startedMs
      }
      const durable = flow<void, string>('durable', { store: memoryStore() }, async () => {
        const runId = currentRunId()!
        for (const call of program) {
          if (call === 'sleep') await waiting(() => flow.sleep(WAIT))
          else if (call === 'wait') {
            setTimeout(() => void durable.get(runId).signal(approval, 'yes'), WAIT)
            await waiting(() => flow.wait(approval))
          } else await flow.step(call, () => pause(5))
        }
        return 'done'
      })
      const startedMs = performance.now()
      const run = await recordRun(durable, undefined)
      const wholeMs = performance.now() - startedMs

      const labels = program.filter((call) => call === 'a' || call === 'b')
      expect(run).toMatchObject({ status: 'ok', flow: 'durable' })
      expect(run.steps.map(({ name, status, attempts }) => [name, status, attempts])).toEqual(
        labels.map((label) => [label, 'ok', 1]),
      )
      const durationMs = run.durationNs / 1e6
      expect(durationMs).toBeGreaterThanOrEqual(5 * labels.length - 1)
      if (waitedMs > 0) expect(durationMs).toBeLessThan(wholeMs - waitedMs / 4)
    }),
    { numRuns: 8 },
  )
})
