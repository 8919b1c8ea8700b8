import { z } from 'zod'
import {
  absent,
  CheckError,
  defineCheck,
  failed,
  name,
  not,
  passed,
  quote,
  requireName,
  unverifiable,
} from './check.ts'
import { type Execution, executionsText, timedSubject } from './executions.ts'
import { endedBefore, startedBefore } from './precedence.ts'

export const order = defineCheck({
  schema: z.strictObject({
    type: z.literal('execution.order'),
    of: timedSubject,
    names: z.array(name).min(2),
    strict: z.boolean(),
    not,
  }),
  matchers: {
    /** They started in this order, others may lie between; strict: each ended before the next began. */
    toHaveOrder(first: string, second: string, ...more: (string | { readonly strict: boolean })[]) {
      const args = [first, second, ...more]
      const last = args.at(-1)
      const options = typeof last === 'object' && last !== null ? last : undefined
      const names = (options === undefined ? args : args.slice(0, -1)).map(requireName)
      if (names.length < 2)
        throw new CheckError(`toHaveOrder expects at least two names, got ${names.length}.`)
      return { names, strict: options?.strict === true }
    },
  },
  describe: ({ names, strict }) =>
    `toHaveOrder(${names.map(quote).join(', ')}${strict ? ', { strict: true }' : ''})`,
  /** More of a run can complete an order but not break it, so an order that is found is final. */
  judge({ names, strict }, recorded) {
    const { executions, run } = recorded
    const precedes = (first: Execution, second: Execution) =>
      (strict ? endedBefore : startedBefore)(recorded, first, second)
    const brokenAt = firstBreak(names, executions, (...pair) => precedes(...pair) === 'yes')
    const list = names.join(' -> ')
    if (brokenAt === -1) return passed(`${list} in ${strict ? 'strict ' : ''}order`)
    const expected = `Expected the order ${list}`
    const actual = executionsText(recorded)
    const missing = names.find((name) => !executions.some((execution) => execution.name === name))
    if (missing !== undefined) {
      const reason = `${expected}, but "${missing}" did not run. ${actual}`
      return run.incomplete ? unverifiable(`${reason} The run is incomplete.`) : absent(reason)
    }
    if (firstBreak(names, executions, (...pair) => precedes(...pair) !== 'no') === -1)
      return unverifiable(`${expected}, but their recorded times are too close to tell. ${actual}`)
    const verb = strict ? 'begin after the end of' : 'start after'
    const reason = `${expected}, but "${names[brokenAt]}" did not ${verb} "${names[brokenAt - 1]}". ${actual}`
    return run.incomplete ? unverifiable(`${reason} The run is incomplete.`) : failed(reason)
  },
})

/** Index of the first name that no execution can stand for after one of the name before; -1 if each has one. */
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
