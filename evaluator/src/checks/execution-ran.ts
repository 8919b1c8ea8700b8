import { absent, type Finding, failed, passed, type RanCheck, unverifiable } from './check.ts'
import { occurrences } from './every-occurrence.ts'
import { NOTHING, type Recorded, recordedNothing } from './executions.ts'
import { executionsText } from './executions-text.ts'

/** Counts only grow while a run goes on: too many is final, enough is final if there is no upper bound. */
export function judgeRan(check: RanCheck, recorded: Recorded): Finding {
  const { name, atLeast, atMost = Number.POSITIVE_INFINITY } = check
  const { run } = recorded
  const count = occurrences(recorded, name).length
  const ran = count === 0 ? `"${name}" did not run` : `"${name}" ran ${times(count)}`
  // Of a negated check this is the reason why it passed: nothing was expected that did not come.
  const hope = check.not === true ? '' : `, expected ${expected(atLeast, atMost)}`
  const wrong = () => `${ran}${hope}. ${executionsText(recorded)}`
  if (count > atMost) return failed(wrong())
  if (count >= atLeast && atMost === Number.POSITIVE_INFINITY) return passed(ran)
  if (run.incomplete) return unverifiable(`${ran}, but the run is incomplete. ${executionsText(recorded)}`)
  if (recordedNothing(run)) return count < atLeast ? absent(`${wrong()} ${NOTHING}`) : unverifiable(NOTHING)
  return count < atLeast ? failed(wrong()) : passed(ran)
}

function expected(atLeast: number, atMost: number): string {
  if (atLeast === atMost) return times(atLeast)
  if (atMost === Number.POSITIVE_INFINITY) return `at least ${times(atLeast)}`
  return atLeast === 0 ? `at most ${times(atMost)}` : `${atLeast} to ${times(atMost)}`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
