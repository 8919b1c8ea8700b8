import { z } from 'zod'
import {
  at,
  capitalised,
  defineCheck,
  failed,
  name,
  not,
  passed,
  quote,
  requireName,
  times,
  unverifiable,
} from './check.ts'
import {
  type Execution,
  executionName,
  executionsText,
  lostText,
  occurrencesOf,
  type Recorded,
  timedSubject,
  within,
} from './executions.ts'
import { type Before, endedBefore, startedBefore, startOf } from './precedence.ts'

/**
 * Each execution has one of `first` to itself that ended before it began. So the second needs two: executions and what
 * precedes them can be paired if, of each execution, as many have ended before it as there are executions up to it.
 */
export const preceded = defineCheck({
  isEach: true,
  schema: z.strictObject({
    type: z.literal('execution.preceded'),
    of: timedSubject,
    in: within,
    name,
    at,
    first: name,
    not,
  }),
  matchers: {
    /** It had an execution of this name to itself that ended before it began; `not`: none had ended. */
    toBePrecededBy: (name: string, first: string) => ({ name: requireName(name), first: requireName(first) }),
  },
  describe: ({ name, first }) => ['toBePrecededBy', quote(name), quote(first)],
  judge({ name, first, not }, recorded) {
    const target = recorded.target!
    const ended = count(occurrencesOf(recorded, { name: first }), (candidate) =>
      endedBefore(recorded, candidate, target),
    )
    const own = `"${executionName(target)}"`
    const list = () => executionsText(recorded)
    const lost = lostText(recorded.run)
    if (not === true) return judgeNone(ended, own, first, list, lost)
    const needed = neededBefore(recorded, name, target)
    if (ended.yes >= needed.most) return passed(`${own} had its own "${first}" before it`)
    const found = `"${first}" had ended ${times(ended.yes)} before ${own} began`
    if (ended.yes + ended.unknown >= needed.least)
      return unverifiable(
        `Expected "${first}" before ${own}, but their recorded times are too close to tell. ${list()}`,
      )
    const reason = `Expected "${first}" before each "${name}", but ${found}, which is too few. ${list()}`
    return lost === undefined ? failed(reason) : unverifiable(`${reason} ${capitalised(lost)}.`)
  },
})

function judgeNone(
  { yes, unknown }: Counted,
  own: string,
  first: string,
  list: () => string,
  lost: string | undefined,
) {
  if (yes > 0) return passed(`"${first}" ended before ${own} began`)
  if (lost !== undefined)
    return unverifiable(`Whether "${first}" had ended before ${own} began cannot be told: ${lost}. ${list()}`)
  if (unknown === 0) return failed(`"${first}" had not ended before ${own} began. ${list()}`)
  return unverifiable(
    `Whether "${first}" had ended before ${own} began cannot be told: their recorded times are too close. ${list()}`,
  )
}

interface Counted {
  readonly yes: number
  readonly unknown: number
}

function count(executions: readonly Execution[], isBefore: (execution: Execution) => Before): Counted {
  let [yes, unknown] = [0, 0]
  for (const execution of executions) {
    const found = isBefore(execution)
    if (found === 'yes') yes++
    else if (found === 'unknown') unknown++
  }
  return { yes, unknown }
}

/**
 * How many must have ended before an execution: one for each execution of its name up to it. At most for all that may have
 * started before it; at least for those that started before it at the latest, of equals those that come first.
 */
function neededBefore(recorded: Recorded, name: string, target: Execution) {
  const executions = occurrencesOf(recorded, { name })
  const latest = (execution: Execution) => startOf(execution) + execution.uncertainNs
  const place = executions.indexOf(target)
  const least = executions.filter((other, index) => {
    const later = latest(other) - latest(target)
    return later < 0 || (later === 0 && index <= place)
  })
  return {
    most: executions.filter((other) => startedBefore(recorded, target, other) !== 'yes').length,
    least: least.length,
  }
}
