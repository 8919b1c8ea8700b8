import type { RunRecord, StepRecord } from '@weir/store/run-model'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toRun } from '../testing.ts'
import { judge } from './judge.ts'
import { steps } from './matchers.ts'

const step = fc.record({
  name: fc.constantFrom('guard', 'send'),
  start: fc.integer({ min: 0, max: 30 }),
  duration: fc.integer({ min: 0, max: 6 }),
  uncertain: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 6 })),
})
const runs = fc.array(step, { minLength: 1, maxLength: 7 }).map((sketches) => toRun({ steps: sketches }))
const check = steps.every('send').toBePrecededBy('guard')

/** The run as its clocks may have meant it: no times are uncertain, and no two starts the same. */
function meant(run: RunRecord, share: (at: number) => number): RunRecord {
  const meantSteps = run.steps.map((of, at) => ({
    ...of,
    startNs: of.startNs + Math.round(share(at) * of.uncertainNs) + at,
    uncertainNs: 0,
  }))
  return {
    ...run,
    startUnixNano: run.startUnixNano + 500n,
    steps: meantSteps.sort((a, b) => a.startNs - b.startNs),
  }
}

/** Whether each of the sends can have a guard of its own, by trying all. */
function canPair(sends: readonly StepRecord[], guards: readonly StepRecord[]): boolean {
  const [send, ...rest] = sends
  if (send === undefined) return true
  return guards.some(
    (guard) =>
      guard.startNs + guard.durationNs <= send.startNs &&
      canPair(
        rest,
        guards.filter((other) => other !== guard),
      ),
  )
}

const named = (run: RunRecord, name: string) => run.steps.filter((of) => of.name === name)

it('every execution has its own before it if all of them can be paired', () => {
  fc.assert(
    fc.property(runs, (run) => {
      const exact = meant(run, () => 0)
      fc.pre(named(exact, 'send').length > 0)
      const { outcome, reason } = judge(check, exact)
      const expected = canPair(named(exact, 'send'), named(exact, 'guard')) ? 'passed' : 'failed'
      expect(outcome, reason).toBe(expected)
    }),
    { numRuns: 1_000 },
  )
})

it('a verdict on what came before holds wherever the steps were within their uncertainty', () => {
  const shares = fc.array(fc.constantFrom(-1, -0.5, 0, 0.5, 1), { minLength: 7, maxLength: 7 })
  fc.assert(
    fc.property(runs, shares, fc.boolean(), (run, share, not) => {
      const asked = not ? steps.every('send').not.toBePrecededBy('guard') : check
      const { outcome } = judge(asked, run)
      fc.pre(outcome !== 'unverifiable')
      expect(
        judge(
          asked,
          meant(run, (at) => share[at]!),
        ).outcome,
      ).toBe(outcome)
    }),
    { numRuns: 2_000 },
  )
})

it('an order of both names holds where one of two has no guard, but not for every one', () => {
  const run = toRun({ steps: ['guard', 'send', 'send'] })
  expect(judge(steps.toHaveOrder('guard', 'send'), run).outcome).toBe('passed')
  const { outcome, reason } = judge(check, run)
  expect(outcome).toBe('failed')
  expect(reason).toMatchInlineSnapshot(
    `"Expected "guard" before each "send", but "guard" had ended once before "send#1" began, which is too few. Steps: guard ok 10 ms, send ok 10 ms, send#1 ok 10 ms."`,
  )
})
