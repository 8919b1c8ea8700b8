import { z } from 'zod'
import {
  absent,
  amount,
  CheckError,
  defineCheck,
  failed,
  name,
  not,
  passed,
  quote,
  requireAmount,
  requireKeys,
  requireName,
  times,
  unverifiable,
} from './check.ts'
import {
  childWith,
  type Execution,
  executionsText,
  isOfCalls,
  KNOWN_INSIDE,
  mayLack,
  NOTHING_RECORDED,
  occurrencesOf,
  type Recorded,
  recordedNothing,
  type Subject,
  subject,
  within,
} from './executions.ts'
import { inputFits, inputsText } from './input-match.ts'
import { hasFunction, type Pattern, pattern, patternText, toPattern } from './pattern.ts'

/** How often something should have run: exactly `times`, or within bounds; and with what. */
export interface Count {
  readonly times?: number
  readonly atLeast?: number
  readonly atMost?: number
  /** Only executions with such an input count: objects by the properties that are named, text also by a regular expression. */
  readonly with?: unknown
}

/** It has executions, as many as the bounds say. */
export const ran = defineCheck({
  needsDetails: ({ with: wanted }) => wanted !== undefined,
  hasFunction: ({ with: wanted }) => wanted !== undefined && hasFunction(wanted),
  schema: z
    .strictObject({
      type: z.literal('execution.ran'),
      of: subject,
      in: within,
      name,
      with: pattern.optional(),
      atLeast: amount,
      atMost: amount.optional(),
      not,
    })
    .refine(...KNOWN_INSIDE)
    .refine(
      ({ of, with: wanted }) => of !== 'childRuns' || wanted === undefined,
      'inputs of child runs are in their own records',
    ),
  matchers: {
    /** It ran; by default at least once. */
    toHaveRun: (name: string, count?: Count) => ({ name: requireName(name), ...toBounds(count) }),
  },
  describe: ({ of, name, atLeast, atMost, with: wanted }) => [
    isOfCalls(of) ? 'toHaveBeenCalled' : 'toHaveRun',
    quote(name),
    ...optionsText(atLeast, atMost, wanted),
  ],
  /** Counts only grow while a run goes on: too many is final; enough is final if there is no upper bound. */
  judge({ of, name, atLeast, atMost = Number.POSITIVE_INFINITY, with: wanted, not }, recorded) {
    const { run } = recorded
    const { sure, unsure, problem } = count(recorded, name, wanted)
    const fact = factText(of, name, sure, wanted)
    // This is also the reason why a negated check passed, and that one expected nothing.
    const expectation = not === true ? '' : `, expected ${expectedText(atLeast, atMost)}`
    const inputs = () => (wanted === undefined ? '' : inputsText(recorded, name))
    const wrong = () => `${fact}${expectation}. ${inputs()}${executionsText(recorded)}`
    if (sure > atMost) return failed(wrong())
    if (sure >= atLeast && atMost === Number.POSITIVE_INFINITY) return passed(fact)
    const lack = mayLack(run)
    if (lack !== undefined) return unverifiable(`${fact}, but ${lack}. ${executionsText(recorded)}`)
    const child = childWith(recorded, name)
    if (child !== undefined)
      return unverifiable(
        `${fact}, but there is a "${name}" in the child run "${child.flow}", or below it, which has a record of its own. ${executionsText(recorded)}`,
      )
    if (of === 'steps' && run.otherSpans > 0)
      return unverifiable(
        `${fact}, but the flow declares no steps: its steps are the spans right below its root, and it has ${run.otherSpans} others, of which nothing is known here. ${executionsText(recorded)}`,
      )
    if (unsure > 0 && sure + unsure >= atLeast && !(sure >= atLeast && sure + unsure <= atMost))
      return unverifiable(`${fact}, but of ${unsure} it cannot be told. ${problem}`)
    if (recordedNothing(run))
      return sure < atLeast ? absent(`${wrong()} ${NOTHING_RECORDED}`) : unverifiable(NOTHING_RECORDED)
    return sure < atLeast ? failed(wrong()) : passed(fact)
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

/** How many have the input; and of how many that cannot be told, with the first problem. */
function count(recorded: Recorded, name: string, wanted: Pattern | undefined) {
  const executions: readonly Execution[] = occurrencesOf(recorded, { name })
  if (wanted === undefined) return { sure: executions.length, unsure: 0, problem: '' }
  const fits = executions.map((execution) => inputFits(execution, wanted))
  return {
    sure: fits.filter((fit) => fit === true).length,
    unsure: fits.filter((fit) => typeof fit === 'string').length,
    problem: fits.find((fit) => typeof fit === 'string') ?? '',
  }
}

function factText(of: Subject, name: string, count: number, wanted: Pattern | undefined): string {
  const [did, didNot] = isOfCalls(of) ? ['was called', 'was not called'] : ['ran', 'did not run']
  const withInput = wanted === undefined ? '' : ` with ${patternText(wanted)}`
  return count === 0 ? `"${name}" ${didNot}${withInput}` : `"${name}" ${did} ${times(count)}${withInput}`
}

const OPTIONS = ['times', 'atLeast', 'atMost', 'with'] as const

function toBounds(count: Count = {}): { atLeast: number; atMost?: number; with?: Pattern } {
  requireKeys(count, OPTIONS)
  const { times: exactly, atLeast, atMost } = count
  const input = 'with' in count ? { with: toPattern(count.with) } : {}
  if (exactly !== undefined && (atLeast !== undefined || atMost !== undefined))
    throw new CheckError('Expected either times, or atLeast and atMost, got both.')
  if (exactly !== undefined)
    return { ...input, atLeast: requireAmount(exactly), atMost: requireAmount(exactly) }
  const lower = requireAmount(atLeast ?? (atMost === undefined ? 1 : 0))
  if (atMost === undefined && lower === 0)
    throw new CheckError('Expected atLeast to be 1 or more, got 0: that asks for nothing.')
  if (atMost === undefined) return { ...input, atLeast: lower }
  if (lower > requireAmount(atMost))
    throw new CheckError(`Expected atLeast to be at most atMost, got ${lower} and ${atMost}.`)
  return { ...input, atLeast: lower, atMost }
}

function optionsText(atLeast: number, atMost: number | undefined, wanted: Pattern | undefined): string[] {
  const options = wanted === undefined ? [] : [`with: ${patternText(wanted)}`]
  if (atLeast === atMost) options.push(`times: ${atLeast}`)
  else {
    if (atLeast !== 1 || atMost !== undefined) options.push(`atLeast: ${atLeast}`)
    if (atMost !== undefined) options.push(`atMost: ${atMost}`)
  }
  return options.length === 0 ? [] : [`{ ${options.join(', ')} }`]
}

function expectedText(atLeast: number, atMost: number): string {
  if (atLeast === atMost) return times(atLeast)
  if (atMost === Number.POSITIVE_INFINITY) return `at least ${times(atLeast)}`
  return atLeast === 0 ? `at most ${times(atMost)}` : `${atLeast} to ${times(atMost)}`
}
