import { z } from 'zod'
import {
  absent,
  amount,
  defineCheck,
  failed,
  name,
  not,
  passed,
  quote,
  requireAmount,
  requireName,
  times,
  unverifiable,
} from './check.ts'
import {
  executionsText,
  KNOWN_INSIDE,
  NOTHING_RECORDED,
  occurrencesOf,
  recordedNothing,
  type Subject,
  subject,
  within,
} from './executions.ts'

/** How often something should have run: exactly `times`, or within bounds. */
export interface Count {
  readonly times?: number
  readonly atLeast?: number
  readonly atMost?: number
}

const CALLED: ReadonlySet<Subject> = new Set(['tools', 'models', 'agents', 'retrievers', 'embedders'])

/** It has executions, as many as the bounds say. */
export const ran = defineCheck({
  schema: z
    .strictObject({
      type: z.literal('execution.ran'),
      of: subject,
      in: within,
      name,
      atLeast: amount,
      atMost: amount.optional(),
      not,
    })
    .refine(...KNOWN_INSIDE),
  matchers: {
    /** It ran; by default at least once. */
    toHaveRun: (name: string, count?: Count) => ({ name: requireName(name), ...toBounds(count) }),
  },
  describe: ({ of, name, atLeast, atMost }) => [
    CALLED.has(of) ? 'toHaveBeenCalled' : 'toHaveRun',
    quote(name),
    ...boundsText(atLeast, atMost),
  ],
  /** Counts only grow while a run goes on: too many is final; enough is final if there is no upper bound. */
  judge({ name, atLeast, atMost = Number.POSITIVE_INFINITY, not }, recorded) {
    const { run } = recorded
    const count = occurrencesOf(recorded, { name }).length
    const fact = count === 0 ? `"${name}" did not run` : `"${name}" ran ${times(count)}`
    // This is also the reason why a negated check passed, and that one expected nothing.
    const expectation = not === true ? '' : `, expected ${expectedText(atLeast, atMost)}`
    const wrong = () => `${fact}${expectation}. ${executionsText(recorded)}`
    if (count > atMost) return failed(wrong())
    if (count >= atLeast && atMost === Number.POSITIVE_INFINITY) return passed(fact)
    if (run.incomplete) return unverifiable(`${fact}, but the run is incomplete. ${executionsText(recorded)}`)
    if (recordedNothing(run))
      return count < atLeast ? absent(`${wrong()} ${NOTHING_RECORDED}`) : unverifiable(NOTHING_RECORDED)
    return count < atLeast ? failed(wrong()) : passed(fact)
  },
})

/** The same on calls: a tool, a model, an agent is called. */
export const called = defineCheck({
  ...ran,
  matchers: {
    /** It was called; by default at least once. */
    toHaveBeenCalled: ran.matchers.toHaveRun,
  },
})

function toBounds({ times, atLeast, atMost }: Count = {}): { atLeast: number; atMost?: number } {
  if (times !== undefined) return { atLeast: requireAmount(times), atMost: requireAmount(times) }
  const lower = requireAmount(atLeast ?? (atMost === undefined ? 1 : 0))
  return atMost === undefined ? { atLeast: lower } : { atLeast: lower, atMost: requireAmount(atMost) }
}

function boundsText(atLeast: number, atMost: number | undefined): string[] {
  if (atLeast === 1 && atMost === undefined) return []
  if (atLeast === atMost) return [`{ times: ${atLeast} }`]
  const bounds = [`atLeast: ${atLeast}`, ...(atMost === undefined ? [] : [`atMost: ${atMost}`])]
  return [`{ ${bounds.join(', ')} }`]
}

function expectedText(atLeast: number, atMost: number): string {
  if (atLeast === atMost) return times(atLeast)
  if (atMost === Number.POSITIVE_INFINITY) return `at least ${times(atLeast)}`
  return atLeast === 0 ? `at most ${times(atMost)}` : `${atLeast} to ${times(atMost)}`
}
