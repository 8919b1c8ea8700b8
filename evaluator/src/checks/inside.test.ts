import type { RunRecord } from '@weir/store/run-model'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toRun } from '../testing.ts'
import { describeCheck, judge } from './judge.ts'
import { steps as stepChecks, tools as toolChecks } from './matchers.ts'
import type { TrajectoryMode } from './trajectory-check.ts'

const name = fc.constantFrom('a', 'b')
const value = fc.constantFrom('x', 'y', 'z')
/** Undefined: it was cut, so that nobody knows it. */
const call = fc.record({ name, input: fc.option(value, { nil: undefined, freq: 3 }) })
const calls = fc.array(call, { maxLength: 5 })
type Calls = readonly { readonly name: string; readonly input: string | undefined }[]

function toCalls(made: Calls, incomplete = false): RunRecord {
  return toRun({
    duration: 1_000,
    incomplete,
    steps: ['step'],
    tools: made.map(({ name, input }) => ({
      name,
      detail: { inputType: 'text', input: input ?? 'cut', inputLength: input === undefined ? 99 : 0 },
    })),
  })
}

const wanted = fc.constantFrom<unknown>('x', /x|y/, {}, 'none')
const mode = fc.constantFrom<TrajectoryMode>('exact', 'unordered', 'subset', 'superset')
const item = fc.oneof(name, fc.record({ name, with: wanted }))
const check = fc.oneof(
  fc
    .tuple(name, wanted, fc.nat(2), fc.nat(2))
    .map(([label, input, atLeast, more]) =>
      toolChecks.toHaveBeenCalled(label, { with: input, atLeast, atMost: atLeast + more }),
    ),
  fc.tuple(name, wanted).map(([label, input]) => toolChecks.toHaveBeenCalled(label, { with: input })),
  fc
    .tuple(fc.array(item, { minLength: 1, maxLength: 4 }), mode)
    .map(([items, of]) => toolChecks.toHaveTrajectory(items, of)),
  fc.tuple(name, value).map(([label, input]) => toolChecks.every(label).toHaveInputEqual(input)),
  fc.tuple(name, value).map(([label, input]) => toolChecks.at(label, 0).toHaveInputContaining(input)),
)

it('a verdict holds whatever the inputs were that nobody knows', () => {
  const meant = fc.array(value, { minLength: 5, maxLength: 5 })
  fc.assert(
    fc.property(calls, check, fc.boolean(), meant, (made, positive, not, inputs) => {
      const asked = { ...positive, not }
      const { outcome, reason } = judge(asked, toCalls(made))
      fc.pre(outcome !== 'unverifiable')
      const known = made.map(({ name, input }, at) => ({ name, input: input ?? inputs[at]! }))
      expect(judge(asked, toCalls(known)).outcome, `${describeCheck(asked)}: ${reason}`).toBe(outcome)
    }),
    { numRuns: 3_000 },
  )
})

it('what an incomplete run decides about inputs stays so, whatever calls come after', () => {
  fc.assert(
    fc.property(calls, calls, check, fc.boolean(), (made, later, positive, not) => {
      const asked = { ...positive, not }
      const { outcome, reason } = judge(asked, toCalls(made, true))
      fc.pre(outcome !== 'unverifiable')
      const after = judge(asked, toCalls([...made, ...later]))
      expect(after.outcome, `${describeCheck(asked)}: ${reason}`).toBe(outcome)
    }),
    { numRuns: 2_000 },
  )
})

it('a trajectory with inputs that fit anything is one of names', () => {
  const known = calls.map((made) => toCalls(made.map(({ name, input }) => ({ name, input: input ?? 'x' }))))
  fc.assert(
    fc.property(known, fc.array(name, { minLength: 1, maxLength: 5 }), mode, (run, names, of) => {
      const withInputs = names.map((label) => ({ name: label, with: /./ }))
      expect(judge(toolChecks.toHaveTrajectory(withInputs, of), run).outcome).toBe(
        judge(toolChecks.toHaveTrajectory(names, of), run).outcome,
      )
    }),
    { numRuns: 1_000 },
  )
})

const step = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  start: fc.integer({ min: 0, max: 20 }),
  duration: fc.integer({ min: 0, max: 10 }),
  status: fc.constantFrom('ok' as const, 'error' as const),
})
const tree = fc
  .tuple(fc.array(step, { maxLength: 7 }), fc.array(fc.nat(), { minLength: 8, maxLength: 8 }))
  .map(([sketches, parents]) => {
    const run = toRun({ duration: 100, steps: [{ name: 'outer', start: 0, duration: 50 }, ...sketches] })
    return {
      ...run,
      steps: run.steps.map((of, at) => ({ ...of, parent: (parents[at]! % (at + 1)) - 1 })),
    }
  })
const inStep = fc.oneof(
  fc.tuple(name, name).map(([first, second]) => stepChecks.in('outer').toHaveOrder(first, second)),
  name.map((label) => stepChecks.in('outer').toHaveRun(label)),
  name.map((label) => stepChecks.in('outer').toHaveSucceeded(label)),
  fc.array(name, { maxLength: 3 }).map((names) => stepChecks.in('outer').toHaveTrajectory(names)),
  fc.tuple(name, name).map(([label, first]) => stepChecks.in('outer').every(label).toBePrecededBy(first)),
)

it('a check inside a step is the check on a run of nothing but what is in it', () => {
  fc.assert(
    fc.property(tree, inStep, fc.boolean(), (run, positive, not) => {
      const { in: _scope, ...whole } = { ...positive, not } as typeof positive & { in: unknown }
      const outer = run.steps.findIndex((of) => of.name === 'outer')
      const isInside = (parent: number): boolean =>
        parent >= 0 && (parent === outer || isInside(run.steps[parent]!.parent))
      const kept = run.steps.flatMap(({ parent }, at) => (isInside(parent) ? [at] : []))
      // A run of nothing at all can be judged by nobody; here the step shows that something was recorded.
      fc.pre(kept.length > 0)
      const alone = {
        ...run,
        steps: kept.map((at) => ({ ...run.steps[at]!, parent: kept.indexOf(run.steps[at]!.parent) })),
      }
      expect(judge({ ...positive, not }, run).outcome).toBe(judge(whole as typeof positive, alone).outcome)
    }),
    { numRuns: 1_000 },
  )
})
