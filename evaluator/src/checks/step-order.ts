import type { RunRecord, StepRecord } from '@weir/store'
import { absent, type Finding, failed, passed, type StepOrderCheck, unverifiable } from './check.ts'
import { type Before, endedBefore, startedBefore } from './recorded-order.ts'
import { stepsText } from './steps-text.ts'

type Precedes = (first: StepRecord, second: StepRecord) => Before

/** More of a run can complete an order but not break it, so that one found is final. */
export function judgeOrder(check: StepOrderCheck, run: RunRecord): Finding {
  const { steps, strict } = check
  const precedes: Precedes = (first, second) => (strict ? endedBefore : startedBefore)(run, first, second)
  const brokenAt = firstBreak(steps, run.steps, (...pair) => precedes(...pair) === 'yes')
  const order = steps.join(' -> ')
  if (brokenAt === -1) return passed(`${order} in ${strict ? 'strict ' : ''}order`)
  const missing = steps.find((step) => !run.steps.some(({ name }) => name === step))
  const expected = `Expected the order ${order}`
  if (missing !== undefined) {
    const reason = `${expected}, but "${missing}" did not run. ${stepsText(run)}`
    return run.incomplete ? unverifiable(`${reason} The run is incomplete.`) : absent(reason)
  }
  const verb = strict ? 'begin after the end of' : 'start after'
  const pair = `"${steps[brokenAt]}" did not ${verb} "${steps[brokenAt - 1]}"`
  if (firstBreak(steps, run.steps, (...two) => precedes(...two) !== 'no') === -1) {
    return unverifiable(`${expected}, but their recorded times are too close to tell. ${stepsText(run)}`)
  }
  const reason = `${expected}, but ${pair}. ${stepsText(run)}`
  return run.incomplete ? unverifiable(`${reason} The run is incomplete.`) : failed(reason)
}

/** Index of the first name that no execution can stand for after one of the name before, -1 if all can. */
function firstBreak(
  names: readonly string[],
  executions: readonly StepRecord[],
  precedes: (first: StepRecord, second: StepRecord) => boolean,
): number {
  let reached: readonly StepRecord[] | undefined
  return names.findIndex((name) => {
    const before = reached
    reached = executions.filter(
      (step) => step.name === name && (before === undefined || before.some((other) => precedes(other, step))),
    )
    return reached.length === 0
  })
}
