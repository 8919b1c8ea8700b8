import {
  type DurationCheck,
  type FallbackCheck,
  type Finding,
  failed,
  passed,
  type RetriesCheck,
  type StatusCheck,
  type SucceededCheck,
  unverifiable,
} from './check.ts'
import { formatDuration } from './duration.ts'
import { everyOccurrence, type Holds, NOT_ENDED, notRecorded, occurrences } from './every-occurrence.ts'
import type { Execution, Recorded } from './executions.ts'
import { executionName, executionsText, tookText } from './executions-text.ts'

export function judgeSucceeded({ name }: SucceededCheck, recorded: Recorded): Finding {
  return everyOccurrence(
    recorded,
    name,
    ({ status }) => (status === 'running' ? NOT_ENDED : status === 'ok'),
    {
      good: 'succeeded',
      bad: 'did not succeed',
      needed: true,
    },
  )
}

export function judgeStatus({ name, status: wanted }: StatusCheck, recorded: Recorded): Finding {
  return everyOccurrence(
    recorded,
    name,
    ({ status }) => (status === wanted ? true : status === 'running' ? NOT_ENDED : false),
    { good: `is ${wanted}`, bad: `is not ${wanted}` },
  )
}

export function judgeDuration({ name, atMostNs }: DurationCheck, recorded: Recorded): Finding {
  const limit = formatDuration(atMostNs)
  return everyOccurrence(recorded, name, (execution) => isWithin(execution, atMostNs), {
    good: `finished within ${limit}`,
    bad: `did not finish within ${limit}`,
  })
}

/** What still runs can already be late, but not yet in time. Both need the same answer at either end of the margin. */
function isWithin(execution: Execution, atMostNs: number): Holds {
  const { durationNs, uncertainNs, status } = execution
  if (durationNs - uncertainNs > atMostNs) return false
  if (status === 'running') return NOT_ENDED
  if (durationNs + uncertainNs <= atMostNs) return true
  return `took ${tookText(execution)}, because its recorded times contradict those of its run`
}

export function judgeRetries({ name, atMost }: RetriesCheck, recorded: Recorded): Finding {
  const retries = atMost === 1 ? 'once' : `${atMost} times`
  return everyOccurrence(
    recorded,
    name,
    ({ attempts, status }) => (attempts - 1 > atMost ? false : status === 'running' ? NOT_ENDED : true),
    { good: `was retried at most ${retries}`, bad: `was retried more than ${retries}` },
  )
}

export function judgeFallback({ name }: FallbackCheck, recorded: Recorded): Finding {
  const executions = occurrences(recorded, name)
  const found = executions.find(({ fallback }) => fallback)
  if (found !== undefined) return passed(`"${executionName(found)}" used its fallback`)
  if (executions.length === 0) return notRecorded(recorded, name)
  if (recorded.run.incomplete)
    return unverifiable(`The run is incomplete: "${name}" may still fall back. ${executionsText(recorded)}`)
  return failed(`"${name}" did not use its fallback. ${executionsText(recorded)}`)
}
