import { type Duration, formatDuration, parseDuration } from '@weir/config'
import type { RunRecord, Status } from '@weir/store/run-model'
import { z } from 'zod'
import {
  amount,
  defineCheck,
  type Finding,
  failed,
  not,
  passed,
  quote,
  quoteDuration,
  requireAmount,
  status,
  unverifiable,
} from './check.ts'
import { executionName, executionsText } from './executions.ts'

export const runStatus = defineCheck({
  schema: z.strictObject({ type: z.literal('run.status'), status, not }),
  matchers: {
    /** Its status is ok. */
    toSucceed: () => ({ status: 'ok' as const }),
    toHaveStatus: (status: Status) => ({ status }),
  },
  describe: ({ status }) => (status === 'ok' ? ['toSucceed'] : ['toHaveStatus', quote(status)]),
  judge({ status }, recorded) {
    const { run } = recorded
    if (run.status === status) return passed(`the run is ${run.status}`)
    const list = () => executionsText(recorded)
    if (run.status === 'running') return unverifiable(`The run has not ended. ${list()}`)
    return failed(`The run is ${run.status}, expected ${status}.${errorText(run)} ${list()}`)
  },
})

export const runDuration = defineCheck({
  schema: z.strictObject({ type: z.literal('run.duration'), atMostNs: amount, not }),
  matchers: {
    /** It took at most so long: `'5s'`, or milliseconds. */
    toFinishWithin: (duration: Duration) => ({ atMostNs: parseDuration(duration) }),
  },
  describe: ({ atMostNs }) => ['toFinishWithin', quoteDuration(atMostNs)],
  /** A run that goes on, was suspended or expired can be late already, but it did not finish in time. */
  judge({ atMostNs }, recorded) {
    const { status, durationNs, incomplete } = recorded.run
    const took = formatDuration(durationNs)
    const list = () => executionsText(recorded)
    if (durationNs > atMostNs)
      return failed(`The run took ${took}, more than ${formatDuration(atMostNs)}. ${list()}`)
    if (incomplete || status === 'running' || status === 'suspended')
      return unverifiable(`The run did not finish (${status}). ${list()}`)
    return passed(`the run took ${took}`)
  },
})

export const runErrors = defineCheck({
  schema: z.strictObject({ type: z.literal('run.errors'), not }),
  matchers: {
    /** Neither the run nor a step's last attempt ended in error. */
    toHaveNoErrors: () => ({}),
  },
  describe: () => ['toHaveNoErrors'],
  judge(_check, recorded) {
    const { run } = recorded
    const step = run.steps.find(({ status }) => status === 'error')
    const list = () => executionsText(recorded)
    if (step !== undefined)
      return failed(`"${executionName(step)}" ended in error.${errorText(run)} ${list()}`)
    if (run.status === 'error') return failed(`The run ended in error.${errorText(run)} ${list()}`)
    if (run.incomplete || run.status === 'running') return unverifiable(`The run is incomplete. ${list()}`)
    return passed('no errors')
  },
})

export const runCost = defineCheck({
  schema: z.strictObject({ type: z.literal('run.cost'), atMost: amount, not }),
  matchers: {
    /** US dollars; unverifiable if no cost was recorded, or if nobody knows a part of it. */
    toCostAtMost: (dollars: number) => ({ atMost: requireAmount(dollars) }),
  },
  describe: ({ atMost }) => ['toCostAtMost', String(atMost)],
  judge({ atMost }, { run }) {
    const { cost, unpricedTokens } = run
    const dollars = (value: number) => `$${Number(value.toPrecision(6))}`
    if (cost <= atMost && unpricedTokens > 0)
      return unverifiable(
        `The cost of ${unpricedTokens} tokens is unknown${cost > 0 ? `, the rest cost ${dollars(cost)}` : ''}. ` +
          'Name the price of their model in the file of WEIR_PRICES.',
      )
    // Tokens that are known to cost nothing.
    if (cost === 0 && run.inputTokens + run.outputTokens > 0 && !run.incomplete)
      return passed('the run cost nothing')
    return usedAtMost(run, cost, atMost, dollars, 'cost')
  },
})

export const runTokens = defineCheck({
  schema: z.strictObject({ type: z.literal('run.tokens'), atMost: amount, not }),
  matchers: {
    /** Input and output tokens together; unverifiable if none were recorded. */
    toUseTokensAtMost: (tokens: number) => ({ atMost: requireAmount(tokens) }),
  },
  describe: ({ atMost }) => ['toUseTokensAtMost', String(atMost)],
  judge({ atMost }, { run }) {
    const tokens = run.inputTokens + run.outputTokens
    return usedAtMost(run, tokens, atMost, (value) => `${value} tokens`, 'token usage')
  },
})

/** A run that recorded no usage has zero, so that zero is unverifiable. */
function usedAtMost(
  run: RunRecord,
  value: number,
  limit: number,
  format: (value: number) => string,
  noun: string,
): Finding {
  if (value > limit) return failed(`The run used ${format(value)}, more than ${format(limit)}.`)
  if (value === 0) return unverifiable(`The run recorded no ${noun}.`)
  if (run.incomplete) return unverifiable(`The run is incomplete: it used ${format(value)} so far.`)
  return passed(`the run used ${format(value)}`)
}

function errorText({ errorType, errorMessage }: RunRecord): string {
  const text = [errorType, errorMessage].filter((part) => part !== '').join(': ')
  return text === '' ? '' : ` ${text}.`
}
