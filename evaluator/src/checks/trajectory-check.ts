import { z } from 'zod'
import { absent, defineCheck, failed, name, not, passed, quote, requireName, unverifiable } from './check.ts'
import {
  type Execution,
  executionsText,
  NOTHING_RECORDED,
  type Recorded,
  recordedNothing,
  timedSubject,
  within,
} from './executions.ts'
import { startedBefore } from './precedence.ts'

/**
 * How all executions, by start, are compared with a list of names: `exact` the same sequence, `unordered` the same
 * names as often, `subset` nothing but these, at most as often, `superset` at least these, at least as often.
 */
const mode = z.enum(['exact', 'subset', 'superset', 'unordered'])

export type TrajectoryMode = z.infer<typeof mode>

const MODE_WORDS: Readonly<Record<TrajectoryMode, string>> = {
  exact: 'exactly',
  unordered: 'in any order',
  subset: 'a subset of',
  superset: 'a superset of',
}

export const trajectory = defineCheck({
  schema: z.strictObject({
    type: z.literal('execution.trajectory'),
    of: timedSubject,
    in: within,
    names: z.array(name),
    mode,
    not,
  }),
  matchers: {
    /** The whole sequence; default mode `exact`. */
    toHaveTrajectory: (names: readonly string[], mode: TrajectoryMode = 'exact') => ({
      names: names.map(requireName),
      mode,
    }),
  },
  describe: ({ names, mode }) => ['toHaveTrajectory', `[${names.map(quote).join(', ')}]`, quote(mode)],
  judge({ names, mode }, recorded) {
    const { run, executions } = recorded
    const actual = executions.map(({ name }) => name)
    const holds = matches(names, actual, mode)
    // Further executions keep a superset and keep breaking a subset; every other answer may change.
    const isFinal =
      !run.incomplete || (mode === 'superset' && holds) || (mode === 'subset' && !holds && actual.length > 0)
    if (!isFinal) return unverifiable(`The run is incomplete. ${executionsText(recorded)}`)
    if (mode === 'exact' && dependsOnTies(names, recorded))
      return unverifiable(
        `Recorded times that are too close leave the order open. ${executionsText(recorded)}`,
      )
    if (holds && recordedNothing(run)) return unverifiable(NOTHING_RECORDED)
    const wanted = `${MODE_WORDS[mode]} [${names.join(', ')}]`
    if (holds) return passed(`the trajectory is ${wanted}`)
    const reason = `Expected a trajectory that is ${wanted}. ${executionsText(recorded)}`
    return actual.length === 0 ? absent(reason) : failed(reason)
  },
})

function matches(expected: readonly string[], actual: readonly string[], mode: TrajectoryMode): boolean {
  switch (mode) {
    case 'exact':
      return expected.length === actual.length && expected.every((name, index) => name === actual[index])
    case 'unordered':
      return expected.length === actual.length && isContained(actual, expected)
    case 'subset':
      return actual.length > 0 && isContained(actual, expected)
    case 'superset':
      return isContained(expected, actual)
  }
}

/** The sequence is as expected, or would be if executions whose order is open stood in another one. */
function dependsOnTies(expected: readonly string[], recorded: Recorded): boolean {
  if (expected.length !== recorded.executions.length) return false
  let from = 0
  let isOpen = false
  for (const group of groupByStart(recorded.executions)) {
    const slice = expected.slice(from, from + group.length)
    from += group.length
    const names = group.map(({ name }) => name)
    if (!isContained(names, slice)) return false
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

/** Executions that may have started at the same time, in groups of which each surely started after the one before. */
function groupByStart(executions: readonly Execution[]): Execution[][] {
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
function isContained(first: readonly string[], second: readonly string[]): boolean {
  const available = new Map<string, number>()
  for (const name of second) available.set(name, (available.get(name) ?? 0) + 1)
  return first.every((name) => {
    const count = available.get(name) ?? 0
    available.set(name, count - 1)
    return count > 0
  })
}
