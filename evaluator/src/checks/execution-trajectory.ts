import { absent, type Finding, failed, passed, type TrajectoryCheck, unverifiable } from './check.ts'
import { type Execution, NOTHING, type Recorded, recordedNothing } from './executions.ts'
import { executionsText } from './executions-text.ts'
import { startedBefore } from './recorded-order.ts'

export function judgeTrajectory({ names, mode }: TrajectoryCheck, recorded: Recorded): Finding {
  const { run, executions } = recorded
  const actual = executions.map(({ name }) => name)
  const list = `[${names.join(', ')}]`
  const holds = matches(names, actual, mode)
  // Further executions keep a superset and keep breaking a subset; every other answer may change.
  const final =
    !run.incomplete || (mode === 'superset' && holds) || (mode === 'subset' && !holds && actual.length > 0)
  if (!final) return unverifiable(`The run is incomplete. ${executionsText(recorded)}`)
  if (mode === 'exact' && dependsOnTies(names, recorded)) {
    return unverifiable(`Recorded times that are too close leave the order open. ${executionsText(recorded)}`)
  }
  if (holds && recordedNothing(run)) return unverifiable(NOTHING)
  if (holds) return passed(`the trajectory is ${words(mode)} ${list}`)
  const reason = `Expected a trajectory that is ${words(mode)} ${list}. ${executionsText(recorded)}`
  return actual.length === 0 ? absent(reason) : failed(reason)
}

function matches(
  expected: readonly string[],
  actual: readonly string[],
  mode: TrajectoryCheck['mode'],
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

/** The sequence is as expected, or would be, if executions whose order is open stood in another one. */
function dependsOnTies(expected: readonly string[], recorded: Recorded): boolean {
  if (expected.length !== recorded.executions.length) return false
  let from = 0
  let isOpen = false
  for (const group of inOpenOrder(recorded.executions)) {
    const slice = expected.slice(from, from + group.length)
    from += group.length
    const names = group.map(({ name }) => name)
    if (!isWithin(names, slice)) return false
    isOpen ||= group.some((execution, index) =>
      group
        .slice(index + 1)
        .some(
          (other) => other.name !== execution.name && startedBefore(recorded, execution, other) === 'unknown',
        ),
    )
  }
  return isOpen
}

/** Groups, one surely after the other, of executions that may have started at the same time. */
function inOpenOrder(executions: readonly Execution[]): Execution[][] {
  const earliest = ({ startNs, uncertainNs }: Execution) => startNs - uncertainNs
  const groups: Execution[][] = []
  let latest = Number.NEGATIVE_INFINITY
  for (const execution of executions.toSorted((a, b) => earliest(a) - earliest(b))) {
    if (earliest(execution) <= latest) groups.at(-1)!.push(execution)
    else groups.push([execution])
    latest = Math.max(latest, execution.startNs + execution.uncertainNs)
  }
  return groups
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

function words(mode: TrajectoryCheck['mode']): string {
  return { exact: 'exactly', unordered: 'in any order', subset: 'a subset of', superset: 'a superset of' }[
    mode
  ]
}
