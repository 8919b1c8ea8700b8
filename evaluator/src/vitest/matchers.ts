import type { RunRecord, Status } from '@weir/store/run-model'
import { printed } from '@weir/store/text'
import type { Check } from '../checks/check.ts'
import { describeCheck } from '../checks/describe.ts'
import { recordedOf } from '../checks/executions.ts'
import { listHead } from '../checks/executions-text.ts'
import { judge, subjectOf } from '../checks/judge.ts'
import {
  type RunMatchers,
  run as runChecks,
  type StepMatchers,
  steps as stepChecks,
} from '../checks/matchers.ts'
import { parseChecks } from '../checks/parse-check.ts'
import { executionsTable } from './executions-table.ts'

type SameOfSteps =
  | 'toHaveRun'
  | 'toHaveSucceeded'
  | 'toHaveTrajectory'
  | 'toHaveFinishedWithin'
  | 'toHaveRetriedAtMost'
  | 'toHaveUsedFallback'

/** Assertions on a recorded run, for `expect(run)`. What a check could not verify fails. */
export interface RunAssertions<R = unknown>
  extends Pick<StepMatchers<R>, SameOfSteps>,
    Omit<RunMatchers<R>, 'toHaveStatus'> {
  /** The steps started in this order, others may lie between; strict: each ended before the next began. */
  toHaveStepOrder(...steps: [string, string, ...(string | { readonly strict: boolean })[]]): R
  /** Every occurrence has this status. */
  toHaveStepStatus(step: string, status: Status): R
  toHaveRunStatus(status: Status): R
  /** Any check: `tools.not.toHaveRun('send_email')`, `childRuns.toHaveSucceeded('research')`. */
  toPassCheck(check: Check): R
}

interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

type Matcher = (this: { readonly isNot?: boolean }, received: unknown, ...args: never[]) => MatcherResult
type Calls = { readonly [Name in keyof RunAssertions]: (...args: Parameters<RunAssertions[Name]>) => Check }

const CHECKS: Calls = {
  toHaveRun: stepChecks.toHaveRun,
  toHaveSucceeded: stepChecks.toHaveSucceeded,
  toHaveStepOrder: (...steps) => stepChecks.toHaveOrder(...(steps as [string, string])),
  toHaveTrajectory: stepChecks.toHaveTrajectory,
  toHaveFinishedWithin: stepChecks.toHaveFinishedWithin,
  toHaveRetriedAtMost: stepChecks.toHaveRetriedAtMost,
  toHaveUsedFallback: stepChecks.toHaveUsedFallback,
  toHaveStepStatus: stepChecks.toHaveStatus,
  toSucceed: runChecks.toSucceed,
  toHaveRunStatus: runChecks.toHaveStatus,
  toFinishWithin: runChecks.toFinishWithin,
  toHaveNoErrors: runChecks.toHaveNoErrors,
  toCostAtMost: runChecks.toCostAtMost,
  toUseTokensAtMost: runChecks.toUseTokensAtMost,
  toHaveOutputEqual: runChecks.toHaveOutputEqual,
  toHaveOutputContaining: runChecks.toHaveOutputContaining,
  toHaveOutputMatching: runChecks.toHaveOutputMatching,
  toPassCheck: (check) => parseChecks([check])[0]!,
}

/** For `expect.extend`. */
export const matchers: Readonly<Record<keyof RunAssertions, Matcher>> = Object.fromEntries(
  Object.entries(CHECKS).map(([name, toCheck]) => [
    name,
    toMatcher(name, toCheck as (...args: never[]) => Check),
  ]),
) as Record<keyof RunAssertions, Matcher>

/** `.not` asks for the opposite, which is not the same as not passing: what is not recorded fails both. */
function toMatcher(name: string, toCheck: (...args: never[]) => Check): Matcher {
  return function (received, ...args) {
    const run = toRunRecord(name, received)
    const isNot = this.isNot === true
    const asked = toCheck(...args)
    const check: Check = isNot ? { ...asked, not: asked.not !== true } : asked
    const { outcome, reason } = judge(check, run)
    const recorded = recordedOf(run, subjectOf(check))
    // The table says more than the list that ends a reason.
    const [why] = reason.split(` ${listHead(recorded.of)} `)
    const message = () =>
      `${printed(`${describeCheck(check)} ${outcome}: ${why}`)}\n\n${executionsTable(recorded)}`
    return { pass: (outcome === 'passed') !== isNot, message }
  }
}

function toRunRecord(matcher: string, received: unknown): RunRecord {
  const run = received as Partial<RunRecord> | null | undefined
  if (typeof run === 'object' && run !== null && typeof run.runId === 'string' && Array.isArray(run.steps)) {
    return run as RunRecord
  }
  throw new TypeError(
    `${matcher} expects a run, as recordRun(flow, input) gives it; got ${String(received)} (${typeof received}).`,
  )
}
