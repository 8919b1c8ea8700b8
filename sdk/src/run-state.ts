import { randomBytes } from 'node:crypto'
import type { Span } from '@opentelemetry/api'
import { expected } from './errors.ts'
import { callInSession, currentScope } from './scope.ts'
import {
  GEN_AI_CONVERSATION_ID,
  SESSION_ID,
  USER_ID,
  WEIR_CASE_ID,
  WEIR_EXPERIMENT_ID,
  WEIR_TRIAL,
} from './semconv.ts'
import { setAttribute } from './span.ts'

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
  /** How often each label was called so far. */
  readonly occurrences: Map<string, number>
}

/** Says for whom, and for which trial of an experiment, a run is. */
export function describeOrigin(span: Span, { session, user, experiment }: RunState): void {
  if (session !== undefined) {
    setAttribute(span, SESSION_ID, session)
    setAttribute(span, GEN_AI_CONVERSATION_ID, session)
  }
  if (user !== undefined) setAttribute(span, USER_ID, user)
  if (experiment !== undefined) {
    setAttribute(span, WEIR_EXPERIMENT_ID, experiment.id)
    setAttribute(span, WEIR_CASE_ID, experiment.caseId)
    setAttribute(span, WEIR_TRIAL, experiment.trial)
  }
}

/** The occurrence of the label that is being called now, 0..n. */
export function nextOccurrence(run: RunState, label: string): number {
  const occurrence = run.occurrences.get(label) ?? 0
  run.occurrences.set(label, occurrence + 1)
  return occurrence
}

/** A new run id: 32 hex digits, as a trace id. */
export function newRunId(): string {
  return randomBytes(16).toString('hex')
}

/** The id of the run that the caller is in, to log it or to score the run later. */
export function currentRunId(): string | undefined {
  return currentScope().run?.runId
}

/** Every run that starts inside `fn` belongs to the session, unless its own options say otherwise. */
export function withSession<T>(session: string, fn: () => T): T {
  if (typeof session !== 'string' || session === '') throw expected('withSession', 'a session id', session)
  return callInSession(session, fn)
}
