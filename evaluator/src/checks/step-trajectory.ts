import type { RunRecord, StepRecord } from '@weir/store'
import { absent, type Finding, failed, passed, type StepTrajectoryCheck, unverifiable } from './check.ts'
import { startedBefore } from './recorded-order.ts'
import { stepsText } from './steps-text.ts'

export function judgeTrajectory(check: StepTrajectoryCheck, run: RunRecord): Finding {
  const { steps: expected, mode } = check
  const actual = run.steps.map(({ name }) => name)
  const list = `[${expected.join(', ')}]`
  const holds = matches(expected, actual, mode)
  // Further steps keep a superset and keep breaking a subset; every other answer may change.
  const final =
    !run.incomplete || (mode === 'superset' && holds) || (mode === 'subset' && !holds && actual.length > 0)
  if (!final) return unverifiable(`The run is incomplete. ${stepsText(run)}`)
  if (mode === 'exact' && dependsOnTies(expected, run)) {
    return unverifiable(
      `Steps that started at the same recorded time leave their order open. ${stepsText(run)}`,
    )
  }
  if (holds) return passed(`the trajectory is ${words(mode)} ${list}`)
  const reason = `Expected a trajectory that is ${words(mode)} ${list}. ${stepsText(run)}`
  return actual.length === 0 ? absent(reason) : failed(reason)
}

function matches(
  expected: readonly string[],
  actual: readonly string[],
  mode: StepTrajectoryCheck['mode'],
): boolean {
  switch (mode) {
    case 'exact':
      return expected.length === actual.length && expected.every((name, index) => name === actual[index])
    case 'unordered':
      return expected.length === actual.length && isWithin(actual, expected)
    case 'subset':
      return actual.length > 0 && isWithin(actual, expected)
    case 'superset':
      return isWithin(expected, actual)
  }
}

/** The sequence is as expected, or would be, if steps of equal start stood in another order. */
function dependsOnTies(expected: readonly string[], run: RunRecord): boolean {
  if (expected.length !== run.steps.length) return false
  let from = 0
  let isOpen = false
  for (const group of byStart(run.steps)) {
    const slice = expected.slice(from, from + group.length)
    from += group.length
    if (
      !isWithin(
        group.map(({ name }) => name),
        slice,
      )
    )
      return false
    const isDecided = group.every((step, index) => {
      const next = group[index + 1]
      return next === undefined || next.name === step.name || startedBefore(run, step, next) !== 'unknown'
    })
    isOpen ||= !isDecided
  }
  return isOpen
}

/** Runs of equal starts: steps are ordered by start. */
function byStart(steps: readonly StepRecord[]): StepRecord[][] {
  return [...Map.groupBy(steps, ({ startNs }) => startNs).values()]
}

/** Every name of the first is in the second, at least as often. */
function isWithin(first: readonly string[], second: readonly string[]): boolean {
  const left = new Map<string, number>()
  for (const name of second) left.set(name, (left.get(name) ?? 0) + 1)
  return first.every((name) => {
    const count = left.get(name) ?? 0
    left.set(name, count - 1)
    return count > 0
  })
}

function words(mode: StepTrajectoryCheck['mode']): string {
  return { exact: 'exactly', unordered: 'in any order', subset: 'a subset of', superset: 'a superset of' }[
    mode
  ]
}
