import { z } from 'zod'
import {
  absent,
  CheckError,
  capitalised,
  defineCheck,
  failed,
  name,
  not,
  passed,
  quote,
  requireKeys,
  requireName,
  unverifiable,
} from './check.ts'
import { type Execution, executionsText, mayLack, type Recorded, timedSubject, within } from './executions.ts'
import { type SearchBefore, searchBefore } from './precedence.ts'

export const order = defineCheck({
  schema: z.strictObject({
    type: z.literal('execution.order'),
    of: timedSubject,
    in: within,
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
      if (options !== undefined) requireKeys(options, ['strict'])
      const names = (options === undefined ? args : args.slice(0, -1)).map(requireName)
      if (names.length < 2)
        throw new CheckError(`toHaveOrder expects at least two names, got ${names.length}.`)
      return { names, strict: options?.strict === true }
    },
  },
  describe: ({ names, strict }) => [
    'toHaveOrder',
    ...names.map(quote),
    ...(strict ? ['{ strict: true }'] : []),
  ],
  /** More of a run can complete an order but not break it, so an order that is found is final. */
  judge({ names, strict }, recorded) {
    const { executions, run } = recorded
    const brokenAt = firstBreak(names, recorded, searchBefore(recorded, { strict, surely: true }))
    const list = names.join(' -> ')
    if (brokenAt === -1) return passed(`${list} in ${strict ? 'strict ' : ''}order`)
    const expected = `Expected the order ${list}`
    const actual = executionsText(recorded)
    const lack = mayLack(run)
    const missing = names.find((name) => !executions.some((execution) => execution.name === name))
    if (missing !== undefined) {
      const reason = `${expected}, but "${missing}" did not run. ${actual}`
      return lack === undefined ? absent(reason) : unverifiable(`${reason} ${capitalised(lack)}.`)
    }
    if (firstBreak(names, recorded, searchBefore(recorded, { strict, surely: false })) === -1)
      return unverifiable(`${expected}, but their recorded times are too close to tell. ${actual}`)
    const verb = strict ? 'begin after the end of' : 'start after'
    const reason = `${expected}, but "${names[brokenAt]}" did not ${verb} "${names[brokenAt - 1]}". ${actual}`
    return lack === undefined ? failed(reason) : unverifiable(`${reason} ${capitalised(lack)}.`)
  },
})

/**
 * Index of the first name that no execution can stand for after one of the name before; -1 if each has one. It looks at the
 * executions of each name once, however many come before them.
 */
function firstBreak(names: readonly string[], { executions }: Recorded, search: SearchBefore): number {
  const sorted = executions.toSorted((a, b) => search.key(a) - search.key(b))
  const named = Map.groupBy(sorted, ({ name }) => name)
  let reached: ReadonlySet<Execution> | undefined
  return names.findIndex((name) => {
    const before = reached
    const all = named.get(name) ?? []
    reached = new Set(before === undefined ? all : all.filter((next) => search.isAfterAny(before, next)))
    return reached.size === 0
  })
}
