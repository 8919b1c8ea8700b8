import { type Duration, parseDuration, UsageError } from '@weir/config'
import type { Status } from '@weir/store/run-model'
import { parseExact, requireExact, stringifyExact } from '@weir/store/text'
import { messageOf } from '../errors.ts'
import type { Check, Subject, TimedSubject, TrajectoryMode } from './check.ts'
import { type OutputSchema, toJsonSchema } from './json-schema.ts'

/** How often something should have run: exactly `times`, or within bounds. */
export interface Count {
  readonly times?: number
  readonly atLeast?: number
  readonly atMost?: number
}

/** Assertions on the runs that a run started, by their flow; `R` is what each call gives. */
export interface ChildRunMatchers<R> {
  /** It ran; by default at least once. */
  toHaveRun(name: string, count?: Count): R
  /** It ran and the last attempt of every occurrence is ok; a fallback is ok. */
  toHaveSucceeded(name: string): R
  /** Every occurrence has this status. */
  toHaveStatus(name: string, status: Status): R
}

/** Assertions on the calls of one kind, in whichever step they are, by the name of the tool, model, agent... */
export interface CallMatchers<R> extends ChildRunMatchers<R> {
  /** They started in this order, others may lie between; strict: each ended before the next began. */
  toHaveOrder(...names: [string, string, ...string[]]): R
  toHaveOrder(...namesAndOptions: [string, string, ...string[], { readonly strict: boolean }]): R
  /** The whole sequence; default mode `exact`. */
  toHaveTrajectory(names: readonly string[], mode?: TrajectoryMode): R
  /** Every occurrence took at most so long: `'2s'`, or milliseconds. */
  toHaveFinishedWithin(name: string, duration: Duration): R
}

/** Assertions on the steps of a run, by their label. */
export interface StepMatchers<R> extends CallMatchers<R> {
  /** Every occurrence needed at most so many tries after the first. */
  toHaveRetriedAtMost(name: string, retries: number): R
  /** Some occurrence's output came from its fallback. */
  toHaveUsedFallback(name: string): R
}

/** Assertions on a run as a whole; `R` is what each call gives. */
export interface RunMatchers<R> {
  /** Its status is ok. */
  toSucceed(): R
  toHaveStatus(status: Status): R
  /** It took at most so long: `'5s'`, or milliseconds. */
  toFinishWithin(duration: Duration): R
  /** Neither the run nor a step's last attempt ended in error. */
  toHaveNoErrors(): R
  /** US dollars; unverifiable if no cost was recorded. */
  toCostAtMost(dollars: number): R
  /** Input and output tokens together; unverifiable if none were recorded. */
  toUseTokensAtMost(tokens: number): R
  /** Numbers by what they are worth; an integer beyond 2^53 is written as a bigint: `{ id: 9007199254740993n }`. */
  toHaveOutputEqual(value: unknown): R
  /** Text within the output, elements of an array, properties of an object. */
  toHaveOutputContaining(value: unknown): R
  /** A zod schema or a JSON schema. */
  toHaveOutputMatching(schema: OutputSchema): R
}

export type Negated<M> = M & { readonly not: M }

/** Not a usable argument of a matcher. */
export class CheckError extends UsageError {
  override readonly code: string = 'CHECK'
}

/** All that a check can be about, by the name that its matchers have. */
export interface Matchers<R> {
  readonly steps: Negated<StepMatchers<R>>
  readonly tools: Negated<CallMatchers<R>>
  readonly models: Negated<CallMatchers<R>>
  readonly agents: Negated<CallMatchers<R>>
  readonly retrievers: Negated<CallMatchers<R>>
  readonly embedders: Negated<CallMatchers<R>>
  readonly childRuns: Negated<ChildRunMatchers<R>>
  readonly run: Negated<RunMatchers<R>>
}

/** Matchers that hand each check to `take`. */
export function matchersFor<R>(take: (check: Check) => R): Matchers<R> {
  return {
    steps: negated((to) => stepCalls(to), take),
    tools: negated((to) => timedCalls('tools', to), take),
    models: negated((to) => timedCalls('models', to), take),
    agents: negated((to) => timedCalls('agents', to), take),
    retrievers: negated((to) => timedCalls('retrievers', to), take),
    embedders: negated((to) => timedCalls('embedders', to), take),
    childRuns: negated((to) => namedCalls('childRuns', to), take),
    run: negated((to) => runCalls(to), take),
  }
}

const checks: Matchers<Check> = matchersFor((check) => check)

/** Checks on steps: `steps.toHaveSucceeded('plan')`. */
export const steps: Negated<StepMatchers<Check>> = checks.steps

/** Checks on calls of tools, whether or not the flow has steps: `tools.not.toHaveRun('send_email')`. */
export const tools: Negated<CallMatchers<Check>> = checks.tools

/** Checks on calls of models, by the name of the model. */
export const models: Negated<CallMatchers<Check>> = checks.models

/** Checks on calls of agents. */
export const agents: Negated<CallMatchers<Check>> = checks.agents

/** Checks on calls of retrievers. */
export const retrievers: Negated<CallMatchers<Check>> = checks.retrievers

/** Checks on calls of embedders, by the name of the model. */
export const embedders: Negated<CallMatchers<Check>> = checks.embedders

/** Checks on the runs that the run started, by their flow: `childRuns.toHaveSucceeded('research')`. */
export const childRuns: Negated<ChildRunMatchers<Check>> = checks.childRuns

/** Checks on the run: `run.toFinishWithin('5s')`. */
export const run: Negated<RunMatchers<Check>> = checks.run

function negated<M, R>(calls: (take: (check: Check) => R) => M, take: (check: Check) => R): Negated<M> {
  return { ...calls(take), not: calls((check) => take({ ...check, not: true })) }
}

function namedCalls<R>(of: Subject, take: (check: Check) => R): ChildRunMatchers<R> {
  return {
    toHaveRun: (name, count) => take({ type: 'execution.ran', of, name: label(name), ...bounds(count) }),
    toHaveSucceeded: (name) => take({ type: 'execution.succeeded', of, name: label(name) }),
    toHaveStatus: (name, status) => take({ type: 'execution.status', of, name: label(name), status }),
  }
}

function timedCalls<R>(of: TimedSubject, take: (check: Check) => R): CallMatchers<R> {
  return {
    ...namedCalls(of, take),
    toHaveOrder: (...args: unknown[]) => take(orderCheck(of, args)),
    toHaveTrajectory: (names, mode = 'exact') =>
      take({ type: 'execution.trajectory', of, names: names.map(label), mode }),
    toHaveFinishedWithin: (name, duration) =>
      take({ type: 'execution.duration', of, name: label(name), atMostNs: parseDuration(duration) }),
  }
}

function stepCalls<R>(take: (check: Check) => R): StepMatchers<R> {
  const of = 'steps'
  return {
    ...timedCalls(of, take),
    toHaveRetriedAtMost: (name, retries) =>
      take({ type: 'execution.retries', of, name: label(name), atMost: limit(retries) }),
    toHaveUsedFallback: (name) => take({ type: 'execution.fallback', of, name: label(name) }),
  }
}

function runCalls<R>(take: (check: Check) => R): RunMatchers<R> {
  return {
    toSucceed: () => take({ type: 'run.status', status: 'ok' }),
    toHaveStatus: (status) => take({ type: 'run.status', status }),
    toFinishWithin: (duration) => take({ type: 'run.duration', atMostNs: parseDuration(duration) }),
    toHaveNoErrors: () => take({ type: 'run.errors' }),
    toCostAtMost: (dollars) => take({ type: 'run.cost', atMost: limit(dollars) }),
    toUseTokensAtMost: (tokens) => take({ type: 'run.tokens', atMost: limit(tokens) }),
    toHaveOutputEqual: (value) => take({ type: 'output.equal', value: plain(value) }),
    toHaveOutputContaining: (value) => take({ type: 'output.contain', value: plain(value) }),
    toHaveOutputMatching: (schema) => take({ type: 'output.schema', schema: toJsonSchema(schema) }),
  }
}

function orderCheck(of: TimedSubject, args: readonly unknown[]): Check {
  const last = args.at(-1)
  const options = typeof last === 'object' && last !== null ? (last as { strict?: boolean }) : undefined
  const names = (options === undefined ? args : args.slice(0, -1)).map(label)
  if (names.length < 2) throw new CheckError(`toHaveOrder expects at least two names, got ${names.length}.`)
  return { type: 'execution.order', of, names, strict: options?.strict === true }
}

function bounds(count: Count = {}): { atLeast: number; atMost?: number } {
  const { times, atLeast, atMost } = count
  if (times !== undefined) return { atLeast: limit(times), atMost: limit(times) }
  const lower = atLeast ?? (atMost === undefined ? 1 : 0)
  return atMost === undefined ? { atLeast: limit(lower) } : { atLeast: limit(lower), atMost: limit(atMost) }
}

function label(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name
  throw new CheckError(`Expected a name, got ${JSON.stringify(name)} (${typeof name}).`)
}

function limit(value: number): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value
  throw new CheckError(`Expected a number that is not negative, got ${String(value)} (${typeof value}).`)
}

/** A check is data: what JSON cannot say is refused when it is written, not when it is judged. */
function plain(value: unknown): unknown {
  try {
    requireExact(value)
  } catch (cause) {
    throw new CheckError(`Expected a JSON value: ${messageOf(cause)}`, { cause })
  }
  const text = stringifyExact(value)
  if (text === undefined)
    throw new CheckError(`Expected a JSON value, got ${String(value)} (${typeof value}).`)
  return parseExact(text)
}
