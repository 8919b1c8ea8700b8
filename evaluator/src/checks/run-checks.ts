import type { RunRecord } from '@weir/store/run-model'
import {
  type Finding,
  failed,
  passed,
  type RunCostCheck,
  type RunDurationCheck,
  type RunErrorsCheck,
  type RunStatusCheck,
  type RunTokensCheck,
  unverifiable,
} from './check.ts'
import { formatDuration } from './duration.ts'
import { recordedOf } from './executions.ts'
import { executionName, executionsText } from './executions-text.ts'

export function judgeRunStatus(check: RunStatusCheck, run: RunRecord): Finding {
  if (run.status === check.status) return passed(`the run is ${run.status}`)
  if (run.status === 'running') return unverifiable(`The run has not ended. ${stepsText(run)}`)
  return failed(`The run is ${run.status}, expected ${check.status}.${errorText(run)} ${stepsText(run)}`)
}

/** A run that goes on, was suspended or expired can already be late, but it did not finish in time. */
export function judgeRunDuration(check: RunDurationCheck, run: RunRecord): Finding {
  const took = formatDuration(run.durationNs)
  const limit = formatDuration(check.atMostNs)
  if (run.durationNs > check.atMostNs)
    return failed(`The run took ${took}, more than ${limit}. ${stepsText(run)}`)
  const unfinished = run.incomplete || run.status === 'running' || run.status === 'suspended'
  if (unfinished) return unverifiable(`The run did not finish (${run.status}). ${stepsText(run)}`)
  return passed(`the run took ${took}`)
}

export function judgeErrors(_check: RunErrorsCheck, run: RunRecord): Finding {
  const step = run.steps.find(({ status }) => status === 'error')
  if (step !== undefined)
    return failed(`"${executionName(step)}" ended in error.${errorText(run)} ${stepsText(run)}`)
  if (run.status === 'error') return failed(`The run ended in error.${errorText(run)} ${stepsText(run)}`)
  if (run.incomplete || run.status === 'running')
    return unverifiable(`The run is incomplete. ${stepsText(run)}`)
  return passed('no errors')
}

/** Zero is what a run has that recorded no cost: nothing can be said of it. */
export function judgeCost(check: RunCostCheck, run: RunRecord): Finding {
  return atMost(run, run.cost, check.atMost, (value) => `$${Number(value.toPrecision(6))}`, 'cost')
}

export function judgeTokens(check: RunTokensCheck, run: RunRecord): Finding {
  const tokens = run.inputTokens + run.outputTokens
  return atMost(run, tokens, check.atMost, (value) => `${value} tokens`, 'token usage')
}

function atMost(
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

function errorText(run: RunRecord): string {
  if (run.errorType === '' && run.errorMessage === '') return ''
  return ` ${[run.errorType, run.errorMessage].filter((text) => text !== '').join(': ')}.`
}

function stepsText(run: RunRecord): string {
  return executionsText(recordedOf(run, 'steps'))
}
