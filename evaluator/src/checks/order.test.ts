import type { RunRecord, StepRecord } from '@weir/store/run-model'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toRun } from '../testing.ts'
import { type Execution, recordedOf } from './executions.ts'
import { judge } from './judge.ts'
import { endedBefore, startedBefore } from './precedence.ts'

const name = fc.constantFrom('a', 'b', 'c')
const step = fc.record({
  name,
  status: fc.constantFrom('ok' as const, 'running' as const),
  start: fc.integer({ min: 0, max: 12 }),
  duration: fc.constantFrom(0, 0.5, 1, 4),
  uncertain: fc.constantFrom(0, 0, 0.5, 3),
})
/** Each step may be in any that is before it in the record, as the record of a tree has them. */
const runs = fc
  .tuple(fc.array(step, { maxLength: 7 }), fc.array(fc.nat(), { minLength: 7, maxLength: 7 }))
  .map(([sketches, parents]): RunRecord => {
    const run = toRun({ steps: sketches })
    return { ...run, steps: run.steps.map((of, at) => ({ ...of, parent: (parents[at]! % (at + 1)) - 1 })) }
  })

/** As the README says it: a choice of executions of which each has the next one after it. */
function isPossible(
  names: readonly string[],
  executions: readonly Execution[],
  precedes: (first: Execution, next: Execution) => boolean,
): boolean {
  let reached: readonly Execution[] | undefined
  return names.every((name) => {
    const before = reached
    reached = executions.filter(
      (next) => next.name === name && (before === undefined || before.some((first) => precedes(first, next))),
    )
    return reached.length > 0
  })
}

it('an order is judged as if each execution were compared with each', () => {
  fc.assert(
    fc.property(runs, fc.array(name, { minLength: 2, maxLength: 5 }), fc.boolean(), (run, names, strict) => {
      const recorded = recordedOf(run, 'steps')
      const relation = strict ? endedBefore : startedBefore
      const surely = isPossible(names, run.steps, (...pair) => relation(recorded, ...pair) === 'yes')
      const maybe = isPossible(names, run.steps, (...pair) => relation(recorded, ...pair) !== 'no')
      const { outcome } = judge({ type: 'execution.order', of: 'steps', names, strict }, run)
      expect(outcome).toBe(surely ? 'passed' : maybe ? 'unverifiable' : 'failed')
    }),
    { numRuns: 3_000 },
  )
})

/** How often judging an order of `names` names reads the start of one of so many steps. */
function readsOfStarts(
  steps: number,
  names: number,
  sketch: (at: number) => object,
  strict: boolean,
): number {
  const run = toRun({ steps: Array.from({ length: steps }, (_, at) => ({ name: 'a', ...sketch(at) })) })
  let reads = 0
  const counted = run.steps.map(
    ({ startNs, ...step }): StepRecord => ({
      ...step,
      get startNs() {
        reads++
        return startNs
      },
    }),
  )
  const order = {
    type: 'execution.order' as const,
    of: 'steps' as const,
    names: Array(names).fill('a'),
    strict,
  }
  judge(order, { ...run, steps: counted })
  return reads
}

it.each<[string, (at: number) => object]>([
  ['one after the other', (at) => ({ start: at, duration: 1 })],
  ['all at once', () => ({ start: 0, duration: 1 })],
  ['side by side', (at) => ({ start: at, duration: 1_000 })],
  ['all unsure', (at) => ({ start: at, duration: 1, uncertain: 500 })],
])('an order over steps that run %s takes time in proportion to the steps', (_, sketch) => {
  for (const strict of [false, true]) {
    const [few, many] = [200, 800].map((steps) => readsOfStarts(steps, 100, sketch, strict))
    expect(many! / few!).toBeLessThan(6)
  }
})
