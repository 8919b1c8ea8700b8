import type { RunRecord } from '@weir/store'
import {
  type Finding,
  failed,
  passed,
  type StepDurationCheck,
  type StepFallbackCheck,
  type StepRetriesCheck,
  type StepStatusCheck,
  type StepSucceededCheck,
  unverifiable,
} from './check.ts'
import { formatDuration } from './duration.ts'
import { everyOccurrence, notRecorded, occurrences } from './every-occurrence.ts'
import { stepName, stepsText } from './steps-text.ts'

export function judgeSucceeded(check: StepSucceededCheck, run: RunRecord): Finding {
  const { step } = check
  const holds = ({ status }: { status: string }) => (status === 'running' ? undefined : status === 'ok')
  return everyOccurrence(run, step, holds, { good: 'succeeded', bad: 'did not succeed', needed: true })
}

export function judgeStepStatus(check: StepStatusCheck, run: RunRecord): Finding {
  const { step, status: wanted } = check
  return everyOccurrence(
    run,
    step,
    ({ status }) => (status === wanted ? true : status === 'running' ? undefined : false),
    { good: `is ${wanted}`, bad: `is not ${wanted}` },
  )
}

/** A step that still runs can already be late, but not yet in time. */
export function judgeStepDuration(check: StepDurationCheck, run: RunRecord): Finding {
  const { step, atMostNs } = check
  const limit = formatDuration(atMostNs)
  return everyOccurrence(
    run,
    step,
    ({ durationNs, status }) => (durationNs > atMostNs ? false : status === 'running' ? undefined : true),
    { good: `finished within ${limit}`, bad: `did not finish within ${limit}` },
  )
}

export function judgeRetries(check: StepRetriesCheck, run: RunRecord): Finding {
  const { step, atMost } = check
  const retries = atMost === 1 ? 'once' : `${atMost} times`
  return everyOccurrence(
    run,
    step,
    ({ attempts, status }) => (attempts - 1 > atMost ? false : status === 'running' ? undefined : true),
    { good: `was retried at most ${retries}`, bad: `was retried more than ${retries}` },
  )
}

export function judgeFallback(check: StepFallbackCheck, run: RunRecord): Finding {
  const { step } = check
  const executions = occurrences(run, step)
  const found = executions.find(({ fallback }) => fallback)
  if (found !== undefined) return passed(`"${stepName(found)}" used its fallback`)
  if (executions.length === 0) return notRecorded(run, step)
  if (run.incomplete)
    return unverifiable(`The run is incomplete: "${step}" may still fall back. ${stepsText(run)}`)
  return failed(`"${step}" did not use its fallback. ${stepsText(run)}`)
}
