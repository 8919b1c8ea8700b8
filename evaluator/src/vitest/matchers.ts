import type { RunRecord, Status } from '@weir/store/run-model'
import { printed } from '@weir/store/text'
import { listHead } from '../checks/executions.ts'
import { describeCheck, judge, parseCode, recordedFor } from '../checks/judge.ts'
import { type RunMatchers, run, type StepMatchers, steps } from '../checks/matchers.ts'
import type { Check } from '../checks/table.ts'
import { executionsTable } from './executions-table.ts'

/** Assertions on a recorded run, for `expect(run)`. What a check could not verify fails. */
export interface RunAssertions<R = unknown>
  extends Omit<StepMatchers<R>, 'toHaveOrder' | 'toHaveStatus'>,
    Omit<RunMatchers<R>, 'toHaveStatus'> {
  /** The steps started in this order, others may lie between; strict: each ended before the next began. */
  toHaveStepOrder(...steps: Parameters<StepMatchers<R>['toHaveOrder']>): R
  /** Every occurrence has this status. */
  toHaveStepStatus(step: string, status: Status): R
  toHaveRunStatus(status: Status): R
  /** Any check: `tools.not.toHaveBeenCalled('send_email')`, `childRuns.toHaveSucceeded('research')`. */
  toPassCheck(check: Check): R
}

interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

type Matcher = (this: { readonly isNot?: boolean }, received: unknown, ...args: never[]) => MatcherResult
type Calls = { readonly [Name in keyof RunAssertions]: (...args: Parameters<RunAssertions[Name]>) => Check }

const { not: _notSteps, every: _every, at: _at, in: _in, toHaveOrder, toHaveStatus, ...ofSteps } = steps
const { not: _notRun, toHaveStatus: toHaveRunStatus, ...ofRun } = run

const CHECKS: Calls = {
  ...ofSteps,
  ...ofRun,
  toHaveStepOrder: toHaveOrder,
  toHaveStepStatus: toHaveStatus,
  toHaveRunStatus,
  toPassCheck: (check) => parseCode([check])[0]!,
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
    const recorded = recordedFor(check, run)
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
