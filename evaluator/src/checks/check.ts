import type { Status } from '@weir/store/run-model'

/** A duration in nanoseconds, a bound on an execution or a run. */
type Nanoseconds = number

interface Negatable {
  /** True: the opposite must hold. */
  readonly not?: boolean
}

/** Calls of a run, whether or not they are in a step. */
type CallSubject = 'tools' | 'models' | 'agents' | 'retrievers' | 'embedders'

/** What a check is about: step executions, calls of one kind, or runs that the run started. */
export type Subject = 'steps' | CallSubject | 'childRuns'

/** What has recorded times. */
export type TimedSubject = Exclude<Subject, 'childRuns'>

/** It has executions, as many as the bounds say (default: at least one). */
export interface RanCheck extends Negatable {
  readonly type: 'execution.ran'
  readonly of: Subject
  readonly name: string
  readonly atLeast: number
  readonly atMost?: number
}

/** It ran and every occurrence's last attempt is ok; a fallback is ok. */
export interface SucceededCheck extends Negatable {
  readonly type: 'execution.succeeded'
  readonly of: Subject
  readonly name: string
}

/** It ran and every occurrence has this status. */
export interface StatusCheck extends Negatable {
  readonly type: 'execution.status'
  readonly of: Subject
  readonly name: string
  readonly status: Status
}

/** The names are a subsequence of the executions by start; strict: each ends before the next begins. */
export interface OrderCheck extends Negatable {
  readonly type: 'execution.order'
  readonly of: TimedSubject
  readonly names: readonly string[]
  readonly strict: boolean
}

export type TrajectoryMode = 'exact' | 'subset' | 'superset' | 'unordered'

/**
 * All executions by start, compared with a list of names: `exact` the same sequence, `unordered` the same
 * names as often, `subset` nothing but these, at most as often, `superset` at least these, at least as often.
 */
export interface TrajectoryCheck extends Negatable {
  readonly type: 'execution.trajectory'
  readonly of: TimedSubject
  readonly names: readonly string[]
  readonly mode: TrajectoryMode
}

/** Every occurrence took at most so long. */
export interface DurationCheck extends Negatable {
  readonly type: 'execution.duration'
  readonly of: TimedSubject
  readonly name: string
  readonly atMostNs: Nanoseconds
}

/** Every occurrence needed at most so many tries after the first. */
export interface RetriesCheck extends Negatable {
  readonly type: 'execution.retries'
  readonly of: 'steps'
  readonly name: string
  readonly atMost: number
}

/** Some occurrence's output came from its fallback. */
export interface FallbackCheck extends Negatable {
  readonly type: 'execution.fallback'
  readonly of: 'steps'
  readonly name: string
}

export interface RunStatusCheck extends Negatable {
  readonly type: 'run.status'
  readonly status: Status
}

export interface RunDurationCheck extends Negatable {
  readonly type: 'run.duration'
  readonly atMostNs: Nanoseconds
}

/** Neither the run nor the last attempt of a step ended in error. */
export interface RunErrorsCheck extends Negatable {
  readonly type: 'run.errors'
}

/** US dollars. */
export interface RunCostCheck extends Negatable {
  readonly type: 'run.cost'
  readonly atMost: number
}

/** Input and output tokens together. */
export interface RunTokensCheck extends Negatable {
  readonly type: 'run.tokens'
  readonly atMost: number
}

/** The output is this JSON value. */
export interface OutputEqualCheck extends Negatable {
  readonly type: 'output.equal'
  readonly value: unknown
}

/** Text contains the text; an array has an element, an object has the properties, that contain the value's. */
export interface OutputContainCheck extends Negatable {
  readonly type: 'output.contain'
  readonly value: unknown
}

/** The output is valid by this JSON schema. */
export interface OutputSchemaCheck extends Negatable {
  readonly type: 'output.schema'
  readonly schema: Readonly<Record<string, unknown>>
}

/** A deterministic assertion on a recorded run, as plain JSON. */
export type Check =
  | RanCheck
  | SucceededCheck
  | StatusCheck
  | OrderCheck
  | TrajectoryCheck
  | DurationCheck
  | RetriesCheck
  | FallbackCheck
  | RunStatusCheck
  | RunDurationCheck
  | RunErrorsCheck
  | RunCostCheck
  | RunTokensCheck
  | OutputEqualCheck
  | OutputContainCheck
  | OutputSchemaCheck

export type CheckOutcome = 'passed' | 'failed' | 'unverifiable'

export interface Judgement {
  readonly outcome: CheckOutcome
  readonly reason: string
}

/**
 * What a family says of the assertion without its `not`. `absent` marks a failure for want of the subject:
 * the opposite of it is unverifiable, because nothing may pass on something that is not there.
 */
export interface Finding extends Judgement {
  readonly absent?: boolean
}

export function passed(reason: string): Finding {
  return { outcome: 'passed', reason }
}

export function failed(reason: string): Finding {
  return { outcome: 'failed', reason }
}

export function absent(reason: string): Finding {
  return { outcome: 'failed', reason, absent: true }
}

export function unverifiable(reason: string): Finding {
  return { outcome: 'unverifiable', reason }
}
