import { type Duration, formatDuration, parseDuration } from '@weir/config'
import type { RunRecord, Status } from '@weir/store/run-model'
import { z } from 'zod'
import {
  amount,
  capitalised,
  defineCheck,
  failed,
  not,
  passed,
  quote,
  quoteDuration,
  status,
  unverifiable,
} from './check.ts'
import { executionName, executionsText, mayLack } from './executions.ts'

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
    if (durationNs === 0 && [...recorded.run.steps, ...recorded.run.calls].some(lastsLonger))
      return unverifiable(
        `The run took no time by its own clock, and a step of it did: its end lies before its start, or its clock stood. ${list()}`,
      )
    return passed(`the run took ${took}`)
  },
})

/** Than a clock that tells milliseconds only can hide. */
function lastsLonger({ durationNs }: { readonly durationNs: number }): boolean {
  return durationNs > 1_000_000
}

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
    const lack = run.status === 'running' ? 'the run is incomplete' : mayLack(run)
    if (lack !== undefined) return unverifiable(`${capitalised(lack)}. ${list()}`)
    return passed('no errors')
  },
})

function errorText({ errorType, errorMessage }: RunRecord): string {
  const text = [errorType, errorMessage].filter((part) => part !== '').join(': ')
  return text === '' ? '' : ` ${text}.`
}
