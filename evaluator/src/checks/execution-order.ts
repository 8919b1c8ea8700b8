import { absent, type Finding, failed, type OrderCheck, passed, unverifiable } from './check.ts'
import type { Execution, Recorded } from './executions.ts'
import { executionsText } from './executions-text.ts'
import { type Before, endedBefore, startedBefore } from './recorded-order.ts'

type Precedes = (first: Execution, second: Execution) => Before

/** More of a run can complete an order but not break it, so that one found is final. */
export function judgeOrder({ names, strict }: OrderCheck, recorded: Recorded): Finding {
  const { executions } = recorded
  const { incomplete } = recorded.run
  const precedes: Precedes = (...pair) => (strict ? endedBefore : startedBefore)(recorded, ...pair)
  const brokenAt = firstBreak(names, executions, (...pair) => precedes(...pair) === 'yes')
  const order = names.join(' -> ')
  if (brokenAt === -1) return passed(`${order} in ${strict ? 'strict ' : ''}order`)
  const expected = `Expected the order ${order}`
  const list = executionsText(recorded)
  const missing = names.find((name) => !executions.some((execution) => execution.name === name))
  if (missing !== undefined) {
    const reason = `${expected}, but "${missing}" did not run. ${list}`
    return incomplete ? unverifiable(`${reason} The run is incomplete.`) : absent(reason)
  }
  const verb = strict ? 'begin after the end of' : 'start after'
  const pair = `"${names[brokenAt]}" did not ${verb} "${names[brokenAt - 1]}"`
  if (firstBreak(names, executions, (...two) => precedes(...two) !== 'no') === -1) {
    return unverifiable(`${expected}, but their recorded times are too close to tell. ${list}`)
  }
  const reason = `${expected}, but ${pair}. ${list}`
  return incomplete ? unverifiable(`${reason} The run is incomplete.`) : failed(reason)
}

/** Index of the first name that no execution can stand for after one of the name before, -1 if all can. */
function firstBreak(
  names: readonly string[],
  executions: readonly Execution[],
  precedes: (first: Execution, second: Execution) => boolean,
): number {
  let reached: readonly Execution[] | undefined
  return names.findIndex((name) => {
    const before = reached
    reached = executions.filter(
      (next) => next.name === name && (before === undefined || before.some((other) => precedes(other, next))),
    )
    return reached.length === 0
  })
}
