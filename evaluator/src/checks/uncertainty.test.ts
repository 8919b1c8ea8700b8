import type { StepRecord } from '@weir/store/run-model'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toRun } from '../testing.ts'
import type { Check } from './check.ts'
import { judge } from './judge.ts'
import { steps as stepChecks } from './matchers.ts'

const name = fc.constantFrom('a', 'b', 'c')
const step = fc.record({
  name,
  status: fc.constantFrom('ok' as const, 'error' as const, 'running' as const),
  start: fc.integer({ min: 0, max: 20 }),
  duration: fc.integer({ min: 0, max: 10 }),
  uncertain: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 8 })),
})
const runs = fc.array(step, { maxLength: 5 }).map((steps) => toRun({ steps }))

/** A run and a check on the order of its own steps, as recorded or in another one. */
const ordered = runs
  .filter(({ steps }) => steps.length > 1)
  .chain((run) => {
    const names = fc.shuffledSubarray(
      run.steps.map((of) => of.name),
      { minLength: 2 },
    )
    const order = fc
      .tuple(names, fc.boolean(), fc.boolean())
      .map(
        ([list, strict, not]): Check => ({ type: 'execution.order', of: 'steps', names: list, strict, not }),
      )
    const trajectory = fc
      .constantFrom(run.steps, run.steps.toSpliced(0, 2, run.steps[1]!, run.steps[0]!))
      .map((steps): Check => stepChecks.toHaveTrajectory(steps.map((of) => of.name)))
    return fc.tuple(fc.constant(run), fc.oneof(order, trajectory))
  })
const duration = fc
  .tuple(name, fc.integer({ min: 0, max: 15 }), fc.boolean())
  .map(([label, ms, not]): Check => ({ ...stepChecks.toHaveFinishedWithin(label, ms), not }))

type Run = ReturnType<typeof toRun>

/** The run as its clocks may have meant it: no times are uncertain any more. */
function meant(run: Run, shift: (step: StepRecord, index: number) => Partial<StepRecord>): Run {
  const steps = run.steps.map((of, index) => ({ ...of, ...shift(of, index), uncertainNs: 0 }))
  return { ...run, steps: steps.sort((a, b) => a.startNs - b.startNs) }
}

const shares = fc.array(fc.constantFrom(-1, -0.5, 0, 0.5, 1), { minLength: 5, maxLength: 5 })

it('a verdict on an order holds wherever the steps began within their uncertainty', () => {
  fc.assert(
    fc.property(ordered, shares, ([run, check], share) => {
      const { outcome } = judge(check, run)
      fc.pre(outcome !== 'unverifiable')
      const moved = meant(run, ({ startNs, uncertainNs }, index) => ({
        startNs: Math.round(startNs + share[index]! * uncertainNs),
      }))
      expect(judge(check, moved).outcome).toBe(outcome)
    }),
    { numRuns: 3_000 },
  )
})

it('a verdict on a duration holds whatever it was within its uncertainty', () => {
  fc.assert(
    fc.property(runs, duration, shares, (run, check, share) => {
      const { outcome } = judge(check, run)
      fc.pre(outcome !== 'unverifiable')
      const other = meant(run, ({ durationNs, uncertainNs }, index) => ({
        durationNs: durationNs + share[index]! * uncertainNs,
      }))
      expect(judge(check, other).outcome).toBe(outcome)
    }),
    { numRuns: 1_000 },
  )
})

it('a duration that both ends of its uncertainty agree on has a verdict', () => {
  fc.assert(
    fc.property(runs, duration, (run, check) => {
      const at = (end: number) =>
        judge(
          check,
          meant(run, ({ durationNs, uncertainNs }) => ({ durationNs: durationNs + end * uncertainNs })),
        ).outcome
      fc.pre(run.steps.length < 2 && at(-1) === at(1))
      expect(judge(check, run).outcome).toBe(at(1))
    }),
    { numRuns: 500 },
  )
})

it('uncertainty takes verdicts away, and changes none', () => {
  fc.assert(
    fc.property(fc.oneof(ordered, fc.tuple(runs, duration)), ([run, check]) => {
      const exact = judge(
        check,
        meant(run, () => ({})),
      ).outcome
      expect([exact, 'unverifiable']).toContain(judge(check, run).outcome)
    }),
    { numRuns: 1_000 },
  )
})

it('uncertainty of other steps takes no verdict away', () => {
  fc.assert(
    fc.property(runs, duration, step, (run, check, other) => {
      const added = toRun({ steps: [{ ...other, name: 'other' }] }).steps
      expect(judge(check, { ...run, steps: [...run.steps, ...added] }).outcome).toBe(
        judge(check, run).outcome,
      )
    }),
  )
})
