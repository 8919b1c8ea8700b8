import { type Duration, formatDuration, parseDuration } from '@weir/config'
import type { Status } from '@weir/store/run-model'
import { z } from 'zod'
import {
  absent,
  amount,
  at,
  capitalised,
  defineCheck,
  type Finding,
  failed,
  name,
  not,
  passed,
  quote,
  quoteDuration,
  requireAmount,
  requireName,
  status,
  unverifiable,
} from './check.ts'
import {
  durationText,
  type Execution,
  executionName,
  executionsText,
  KNOWN_INSIDE,
  mayLack,
  notRecorded,
  occurrencesOf,
  type Recorded,
  type Selected,
  subject,
  timedSubject,
  within,
} from './executions.ts'

export const succeeded = defineCheck({
  schema: z
    .strictObject({ type: z.literal('execution.succeeded'), of: subject, in: within, name, at, not })
    .refine(...KNOWN_INSIDE),
  matchers: {
    /** It ran and the last attempt of every occurrence is ok; a fallback is ok. */
    toHaveSucceeded: (name: string) => ({ name: requireName(name) }),
  },
  describe: ({ name }) => ['toHaveSucceeded', quote(name)],
  judge: (check, recorded) =>
    everyOccurrence(recorded, check, ({ status }) => (status === 'running' ? NOT_ENDED : status === 'ok'), {
      good: 'succeeded',
      bad: 'did not succeed',
      mustRun: true,
    }),
})

export const executionStatus = defineCheck({
  schema: z
    .strictObject({ type: z.literal('execution.status'), of: subject, in: within, name, at, status, not })
    .refine(...KNOWN_INSIDE),
  matchers: {
    /** Every occurrence has this status. */
    toHaveStatus: (name: string, status: Status) => ({ name: requireName(name), status }),
  },
  describe: ({ name, status }) => ['toHaveStatus', quote(name), quote(status)],
  judge: (check, recorded) =>
    everyOccurrence(
      recorded,
      check,
      ({ status }) => (status === check.status ? true : status === 'running' ? NOT_ENDED : false),
      { good: `is ${check.status}`, bad: `is not ${check.status}` },
    ),
})

export const executionDuration = defineCheck({
  schema: z.strictObject({
    type: z.literal('execution.duration'),
    of: timedSubject,
    in: within,
    name,
    at,
    atMostNs: amount,
    not,
  }),
  matchers: {
    /** Every occurrence took at most so long: `'2s'`, or milliseconds. */
    toHaveFinishedWithin: (name: string, duration: Duration) => ({
      name: requireName(name),
      atMostNs: parseDuration(duration),
    }),
  },
  describe: ({ name, atMostNs }) => ['toHaveFinishedWithin', quote(name), quoteDuration(atMostNs)],
  judge(check, recorded) {
    const limit = formatDuration(check.atMostNs)
    return everyOccurrence(recorded, check, (execution) => isWithin(execution, check.atMostNs), {
      good: `finished within ${limit}`,
      bad: `did not finish within ${limit}`,
    })
  },
})

/** What still runs can be late already, but not yet in time. Both ends of the margin must give the same answer. */
function isWithin(execution: Execution, atMostNs: number): Holds {
  const { durationNs, uncertainNs, status } = execution
  if (durationNs - uncertainNs > atMostNs) return false
  if (status === 'running') return NOT_ENDED
  if (durationNs + uncertainNs <= atMostNs) return true
  return `took ${durationText(execution)}, because its recorded times contradict those of its run`
}

export const retries = defineCheck({
  schema: z.strictObject({
    type: z.literal('execution.retries'),
    of: z.literal('steps'),
    in: within,
    name,
    at,
    atMost: amount,
    not,
  }),
  matchers: {
    /** Every occurrence needed at most so many tries after the first. */
    toHaveRetriedAtMost: (name: string, retries: number) => ({
      name: requireName(name),
      atMost: requireAmount(retries),
    }),
  },
  describe: ({ name, atMost }) => ['toHaveRetriedAtMost', quote(name), String(atMost)],
  judge(check, recorded) {
    const { atMost } = check
    const times = atMost === 1 ? 'once' : `${atMost} times`
    return everyOccurrence(
      recorded,
      check,
      ({ attempts, status }) => (attempts - 1 > atMost ? false : status === 'running' ? NOT_ENDED : true),
      { good: `was retried at most ${times}`, bad: `was retried more than ${times}` },
    )
  },
})

export const fallback = defineCheck({
  schema: z.strictObject({
    type: z.literal('execution.fallback'),
    of: z.literal('steps'),
    in: within,
    name,
    at,
    not,
  }),
  matchers: {
    /** Some occurrence's output came from its fallback. */
    toHaveUsedFallback: (name: string) => ({ name: requireName(name) }),
  },
  describe: ({ name }) => ['toHaveUsedFallback', quote(name)],
  judge(check, recorded) {
    const { name, at } = check
    const executions = occurrencesOf(recorded, check)
    const found = executions.find((execution) => execution.fallback)
    if (found !== undefined) return passed(`"${executionName(found)}" used its fallback`)
    if (executions.length === 0) return unverifiable(notRecorded(recorded, check))
    const list = () => executionsText(recorded)
    const lack = mayLack(recorded.run)
    if (lack !== undefined && (at === undefined || executions[0]!.status === 'running'))
      return unverifiable(`${capitalised(lack)}: "${name}" may still fall back. ${list()}`)
    return failed(`"${name}" did not use its fallback. ${list()}`)
  },
})

/** Whether one execution is as asserted; a text says why that cannot be told. */
type Holds = boolean | string

const NOT_ENDED = 'has not ended'

/**
 * Asserts that every selected execution satisfies `holds`. One that does not fails the check even while the run goes
 * on; that all do is known only of a complete run, unless the check names the one.
 */
function everyOccurrence(
  recorded: Recorded,
  selected: Selected,
  holds: (execution: Execution) => Holds,
  { good, bad, mustRun = false }: { readonly good: string; readonly bad: string; readonly mustRun?: boolean },
): Finding {
  const { name, at } = selected
  const lack = mayLack(recorded.run)
  const executions = occurrencesOf(recorded, selected)
  const list = () => executionsText(recorded)
  if (executions.length === 0) {
    if (!mustRun || at !== undefined || lack !== undefined)
      return unverifiable(notRecorded(recorded, selected))
    return absent(`"${name}" did not run. ${list()}`)
  }
  const wrong = executions.find((execution) => holds(execution) === false)
  if (wrong !== undefined) return failed(`"${executionName(wrong)}" ${bad}. ${list()}`)
  for (const execution of executions) {
    const open = holds(execution)
    if (typeof open === 'string') return unverifiable(`"${executionName(execution)}" ${open}. ${list()}`)
  }
  if (lack !== undefined && at === undefined)
    return unverifiable(`${capitalised(lack)}: "${name}" may have more executions. ${list()}`)
  const times = executions.length === 1 ? '' : `, ${executions.length} times`
  return passed(`"${at === undefined ? name : executionName(executions[0]!)}" ${good}${times}`)
}
