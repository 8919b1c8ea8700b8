import type { RunRecord, StepRecord } from '@weir/store'
import { absent, type Finding, failed, passed, unverifiable } from './check.ts'
import { stepName, stepsText } from './steps-text.ts'

export function occurrences(run: RunRecord, step: string): StepRecord[] {
  return run.steps.filter((candidate) => candidate.name === step)
}

/** Why nothing can be said about a step that is not in the run. */
export function notRecorded(run: RunRecord, step: string): Finding {
  return unverifiable(`"${step}" was not recorded. ${stepsText(run)}`)
}

/**
 * The assertion that every occurrence of a step satisfies `holds` (undefined: cannot be said yet). One that does
 * not fails it even while the run goes on; that all do is only known of a complete run.
 */
export function everyOccurrence(
  run: RunRecord,
  step: string,
  holds: (execution: StepRecord) => boolean | undefined,
  words: { readonly good: string; readonly bad: string; readonly needed?: boolean },
): Finding {
  const executions = occurrences(run, step)
  if (executions.length === 0) {
    if (words.needed !== true || run.incomplete) return notRecorded(run, step)
    return absent(`"${step}" did not run. ${stepsText(run)}`)
  }
  const bad = executions.find((execution) => holds(execution) === false)
  if (bad !== undefined) return failed(`"${stepName(bad)}" ${words.bad}. ${stepsText(run)}`)
  const open = executions.find((execution) => holds(execution) === undefined)
  if (open !== undefined) return unverifiable(`"${stepName(open)}" has not ended. ${stepsText(run)}`)
  if (run.incomplete) return unverifiable(`The run is incomplete: "${step}" may run again. ${stepsText(run)}`)
  return passed(
    executions.length === 1
      ? `"${step}" ${words.good}`
      : `"${step}" ${words.good}, ${executions.length} times`,
  )
}
