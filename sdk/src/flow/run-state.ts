import type { Attributes } from '@opentelemetry/api'
import { expected } from '../errors.ts'
import {
  GEN_AI_CONVERSATION_ID,
  SESSION_ID,
  USER_ID,
  WEIR_CASE_ID,
  WEIR_EXPERIMENT_ID,
  WEIR_TRIAL,
} from '../semconv.ts'
import { callWith, currentScope } from '../spans/scope.ts'
import type { Schema } from './schema.ts'

/** The experiment that a run belongs to. */
export interface ExperimentTrial {
  readonly id: string
  readonly caseId: string
  /** Repeat of the case, 0..n. */
  readonly trial: number
}

/** What the steps of a run find in their scope. */
export interface RunState {
  readonly runId: string
  readonly flow: string
  readonly session: string | undefined
  readonly user: string | undefined
  readonly experiment: ExperimentTrial | undefined
  /** The run goes on in another process or thread too, which counts its own steps. */
  readonly isRemote: boolean
  /** How often each label was called so far. */
  readonly occurrences: Map<string, number>
  /** Step executions so far. */
  steps: number
  /** Checks and converts its chunks. */
  readonly chunk: Schema | undefined
  /** Who hears what becomes of it. */
  listeners: readonly RunListener[]
}

/** A step execution that ended: one of those of `Outputs`, which says what the step of each label gives. */
export type StepResult<Outputs extends object = Record<string, unknown>> = {
  [Label in keyof Outputs & string]: StepEnd & { readonly label: Label; readonly output?: Outputs[Label] }
}[keyof Outputs & string]

interface StepEnd {
  /** Occurrence of the label within the run, 0..n. */
  readonly index: number
  readonly key: string | undefined
  readonly status: 'ok' | 'error' | 'cancelled'
  /** Milliseconds. */
  readonly duration: number
  readonly error?: unknown
}

export interface RunListener {
  started?(): unknown
  suspended?(): unknown
  chunk?(chunk: unknown): unknown
  step?(result: StepResult): unknown
  completed?(output: unknown): unknown
  failed?(error: unknown, cancelled: boolean): unknown
  /** After `completed` or `failed`. */
  finished?(): unknown
}

/** Says for whom, and for which trial of an experiment, a run is. */
export function describeOrigin({ session, user, experiment }: RunState): Attributes {
  const attributes: Attributes = {}
  if (session !== undefined) {
    attributes[SESSION_ID] = session
    attributes[GEN_AI_CONVERSATION_ID] = session
  }
  if (user !== undefined) attributes[USER_ID] = user
  if (experiment !== undefined) {
    attributes[WEIR_EXPERIMENT_ID] = experiment.id
    attributes[WEIR_CASE_ID] = experiment.caseId
    attributes[WEIR_TRIAL] = experiment.trial
  }
  return attributes
}

/** The occurrence of the label that is being called now, 0..n. */
export function nextOccurrence(run: RunState, label: string): number {
  const occurrence = run.occurrences.get(label) ?? 0
  run.occurrences.set(label, occurrence + 1)
  run.steps += 1
  return occurrence
}

/** How often the label was called before with this key. */
export function countKeyed(run: RunState, label: string, key: string): number {
  const identity = JSON.stringify([label, key])
  const count = run.occurrences.get(identity) ?? 0
  run.occurrences.set(identity, count + 1)
  return count
}

/** The id of the run that the caller is in, to log it or to score the run later. */
export function currentRunId(): string | undefined {
  return currentScope().run?.runId
}

/** Every run that starts inside `fn` belongs to the session, unless its own options say otherwise. */
export function withSession<T>(session: string, fn: () => T): T {
  if (typeof session !== 'string' || session === '') throw expected('withSession', 'a session id', session)
  return callWith({ session }, fn)
}
