import { absent, type Finding, failed, passed, unverifiable } from './check.ts'
import type { Execution, Recorded } from './executions.ts'
import { executionName, executionsText } from './executions-text.ts'

/** Whether one execution is as asserted; a text says why that cannot be told. */
export type Holds = boolean | string

export const NOT_ENDED = 'has not ended'

export function occurrences({ executions }: Recorded, name: string): Execution[] {
  return executions.filter((candidate) => candidate.name === name)
}

/** Why nothing can be said about what is not in the run. */
export function notRecorded(recorded: Recorded, name: string): Finding {
  return unverifiable(`"${name}" was not recorded. ${executionsText(recorded)}`)
}

/**
 * The assertion that every occurrence of a name satisfies `holds`. One that does not fails it even while the run
 * goes on; that all do is only known of a complete run.
 */
export function everyOccurrence(
  recorded: Recorded,
  name: string,
  holds: (execution: Execution) => Holds,
  words: { readonly good: string; readonly bad: string; readonly needed?: boolean },
): Finding {
  const { incomplete } = recorded.run
  const executions = occurrences(recorded, name)
  if (executions.length === 0) {
    if (words.needed !== true || incomplete) return notRecorded(recorded, name)
    return absent(`"${name}" did not run. ${executionsText(recorded)}`)
  }
  const bad = executions.find((execution) => holds(execution) === false)
  if (bad !== undefined) return failed(`"${executionName(bad)}" ${words.bad}. ${executionsText(recorded)}`)
  for (const execution of executions) {
    const open = holds(execution)
    if (typeof open === 'string')
      return unverifiable(`"${executionName(execution)}" ${open}. ${executionsText(recorded)}`)
  }
  if (incomplete)
    return unverifiable(`The run is incomplete: "${name}" may run again. ${executionsText(recorded)}`)
  return passed(
    executions.length === 1
      ? `"${name}" ${words.good}`
      : `"${name}" ${words.good}, ${executions.length} times`,
  )
}
