import type { RunRecord } from '@weir/store'
import { type Finding, failed, passed, type StepRanCheck, unverifiable } from './check.ts'
import { occurrences } from './every-occurrence.ts'
import { stepsText } from './steps-text.ts'

/** Counts only grow while a run goes on: too many is final, enough is final if there is no upper bound. */
export function judgeRan(check: StepRanCheck, run: RunRecord): Finding {
  const { step, atLeast, atMost = Number.POSITIVE_INFINITY } = check
  const count = occurrences(run, step).length
  const ran = count === 0 ? `"${step}" did not run` : `"${step}" ran ${times(count)}`
  if (count > atMost) return failed(`${ran}, expected ${expected(atLeast, atMost)}. ${stepsText(run)}`)
  if (count >= atLeast && (atMost === Number.POSITIVE_INFINITY || !run.incomplete)) return passed(ran)
  if (run.incomplete) return unverifiable(`${ran}, but the run is incomplete. ${stepsText(run)}`)
  return failed(`${ran}, expected ${expected(atLeast, atMost)}. ${stepsText(run)}`)
}

function expected(atLeast: number, atMost: number): string {
  if (atLeast === atMost) return times(atLeast)
  if (atMost === Number.POSITIVE_INFINITY) return `at least ${times(atLeast)}`
  return atLeast === 0 ? `at most ${times(atMost)}` : `${atLeast} to ${times(atMost)}`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
