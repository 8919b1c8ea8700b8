import type { ChildRun, RunRecord, Usage } from '@weir/store/run-model'
import { z } from 'zod'
import {
  amount,
  at,
  CheckError,
  defineCheck,
  type Finding,
  failed,
  name,
  not,
  passed,
  quote,
  requireAmount,
  requireKeys,
  requireName,
  unverifiable,
} from './check.ts'
import { childrenApart, type Execution, executionName, lostText, timedSubject, within } from './executions.ts'

/** Of what a limit is given, in tokens. */
export interface UsageLimit {
  readonly inputTokens?: number
  readonly outputTokens?: number
}

const MEASURES = ['inputTokens', 'outputTokens'] as const
const NOUNS = { inputTokens: 'input tokens', outputTokens: 'output tokens' } as const

export const runCost = defineCheck({
  schema: z.strictObject({ type: z.literal('run.cost'), atMost: amount, not }),
  matchers: {
    /** US dollars, `0.02` or `'$0.02'`; unverifiable if no cost was recorded, or if nobody knows a part of it. */
    toCostAtMost: (dollars: number | string) => ({ atMost: toDollars(dollars) }),
  },
  describe: ({ atMost }) => ['toCostAtMost', String(atMost)],
  judge: ({ atMost }, { run }) => judgeCost(userOfRun(run), atMost),
})

export const runTokens = defineCheck({
  schema: z.strictObject({ type: z.literal('run.tokens'), atMost: amount, not }),
  matchers: {
    /** Input and output tokens together; unverifiable if none were recorded. */
    toUseTokensAtMost: (tokens: number) => ({ atMost: requireAmount(tokens) }),
  },
  describe: ({ atMost }) => ['toUseTokensAtMost', String(atMost)],
  judge({ atMost }, { run }) {
    const user = userOfRun(run)
    return usedAtMost(user, tokensOf, atMost, (value) => `${value} tokens`, 'token usage')
  },
})

const limits = { inputTokens: amount.optional(), outputTokens: amount.optional() }

export const runUsage = defineCheck({
  schema: z.strictObject({ type: z.literal('run.usage'), ...limits, not }),
  matchers: {
    /** Each measure by itself; unverifiable if none of it was recorded. */
    toUseAtMost: (limit: UsageLimit) => toLimits(limit),
  },
  describe: (check) => ['toUseAtMost', limitsText(check)],
  judge: (check, { run }) => judgeUsage(userOfRun(run), check),
})

export const executionCost = defineCheck({
  isEach: true,
  needsDetails: () => true,
  schema: z.strictObject({
    type: z.literal('execution.cost'),
    of: timedSubject,
    in: within,
    name,
    at,
    atMost: amount,
    not,
  }),
  matchers: {
    /** As `run.toCostAtMost`, of the execution and everything below it. */
    toCostAtMost: (name: string, dollars: number | string) => ({
      name: requireName(name),
      atMost: toDollars(dollars),
    }),
  },
  describe: ({ name, atMost }) => ['toCostAtMost', quote(name), String(atMost)],
  judge: ({ atMost }, { target, run }) => ofDetail(target!, run, (user) => judgeCost(user, atMost)),
})

export const executionUsage = defineCheck({
  isEach: true,
  needsDetails: () => true,
  schema: z.strictObject({
    type: z.literal('execution.usage'),
    of: timedSubject,
    in: within,
    name,
    at,
    ...limits,
    not,
  }),
  matchers: {
    /** As `run.toUseAtMost`, of the execution and everything below it. */
    toUseAtMost: (name: string, limit: UsageLimit) => ({ name: requireName(name), ...toLimits(limit) }),
  },
  describe: (check) => ['toUseAtMost', quote(check.name), limitsText(check)],
  judge: (check, { target, run }) => ofDetail(target!, run, (user) => judgeUsage(user, check)),
})

/** Whose usage is judged. */
interface User extends Measured {
  /** `run`, `"search#1"`. */
  readonly own: string
  readonly isOpen: boolean
  /** That some of it may have been lost. */
  readonly lost: string | undefined
  /** Child runs, whose usage is not its own. */
  readonly apart: readonly ChildRun[]
}

function userOfRun(run: RunRecord): User {
  const { inputTokens, outputTokens, cost, unpricedTokens } = run
  const usage = { inputTokens, outputTokens, cost, unpricedTokens }
  return { own: 'run', isOpen: run.incomplete, lost: lostText(run), apart: childrenApart(run), ...usage }
}

function ofDetail(execution: Execution, run: RunRecord, judge: (user: User) => Finding): Finding {
  const { detail, status } = execution
  const own = `"${executionName(execution)}"`
  if (detail === undefined) return unverifiable(`The usage of ${own} was not read.`)
  const isOpen = run.incomplete || status === 'running'
  return judge({ ...detail.usage, own, isOpen, lost: lostText(run), apart: childrenApart(run) })
}

function subjectOf({ own }: User): string {
  return own === 'run' ? 'the run' : own
}

type Measured = Pick<Usage, 'inputTokens' | 'outputTokens' | 'cost' | 'unpricedTokens'>
type Measure = (of: Measured) => number

const tokensOf: Measure = ({ inputTokens, outputTokens }) => inputTokens + outputTokens

/** With its child runs. */
function total(user: User, measure: Measure): number {
  return user.apart.reduce((sum, child) => sum + measure(child), measure(user))
}

function judgeCost(user: User, atMost: number): Finding {
  const dollars = (value: number) => `$${Number(value.toPrecision(6))}`
  const cost: Measure = (of) => of.cost
  const unpriced = total(user, (of) => of.unpricedTokens)
  const known = total(user, cost)
  if (user.cost <= atMost && unpriced > 0)
    return unverifiable(
      `The cost of ${unpriced} tokens is unknown${known > 0 ? `, the rest cost ${dollars(known)}` : ''}. ` +
        'Name the price of their model in the file of WEIR_PRICES.',
    )
  // Tokens that are known to cost nothing.
  const tokens = user.own === 'run' ? total(user, tokensOf) : tokensOf(user)
  if (known === 0 && tokens > 0 && !user.isOpen && user.lost === undefined)
    return passed(`${subjectOf(user)} cost nothing`)
  return usedAtMost(user, cost, atMost, dollars, 'cost')
}

function judgeUsage(
  user: User,
  limit: { readonly [M in keyof UsageLimit]: UsageLimit[M] | undefined },
): Finding {
  const findings = MEASURES.flatMap((measure) => {
    const atMost = limit[measure]
    const format = (value: number) => `${value} ${NOUNS[measure]}`
    return atMost === undefined ? [] : [usedAtMost(user, (of) => of[measure], atMost, format, NOUNS[measure])]
  })
  const decisive =
    findings.find(({ outcome }) => outcome === 'failed') ??
    findings.find(({ outcome }) => outcome === 'unverifiable')
  return decisive ?? passed(findings.map(({ reason }) => reason).join(', '))
}

/**
 * What recorded no usage has zero, so that zero is unverifiable. Child runs use what they use for themselves: with them it may be too
 * much, and then nobody can say that it is not.
 */
function usedAtMost(
  user: User,
  measure: Measure,
  limit: number,
  format: (value: number) => string,
  noun: string,
): Finding {
  const [value, withChildren] = [measure(user), total(user, measure)]
  const subject = subjectOf(user)
  const Subject = user.own === 'run' ? 'The run' : subject
  if (value > limit) return failed(`${Subject} used ${format(value)}, more than ${format(limit)}.`)
  if (withChildren === 0 || (value === 0 && user.own !== 'run'))
    return unverifiable(`${Subject} recorded no ${noun}.`)
  if (user.isOpen)
    return unverifiable(
      `The run is incomplete: ${user.own === 'run' ? 'it' : subject} used ${format(value)} so far.`,
    )
  if (user.lost !== undefined) return unverifiable(`${Subject} used ${format(value)}, but ${user.lost}.`)
  if (withChildren > limit)
    return unverifiable(
      `${Subject} used ${format(value)}, but its child runs used ${format(withChildren - value)} more, in records of their own.`,
    )
  return passed(`${subject} used ${format(value)}`)
}

export function toDollars(value: number | string): number {
  if (typeof value === 'number') return requireAmount(value)
  const [, digits] = /^\$(\d+(?:\.\d+)?)$/.exec(String(value)) ?? []
  if (digits !== undefined) return Number(digits)
  throw new CheckError(`Expected US dollars, such as 0.02 or '$0.02', got ${JSON.stringify(value)}.`)
}

function toLimits(limit: UsageLimit): UsageLimit {
  requireKeys(limit, MEASURES)
  const named = Object.entries(limit).filter(([, most]) => most !== undefined)
  if (named.length === 0) throw new CheckError('Expected a limit of inputTokens or outputTokens, got none.')
  return Object.fromEntries(named.map(([measure, most]) => [measure, requireAmount(most)]))
}

function limitsText(limit: { readonly [M in keyof UsageLimit]: UsageLimit[M] | undefined }): string {
  const named = MEASURES.filter((measure) => limit[measure] !== undefined)
  return `{ ${named.map((measure) => `${measure}: ${limit[measure]}`).join(', ')} }`
}
