import { parseExact, requireExact, type Status, stringifyExact } from '@weir/store'
import { messageOf } from '../errors.ts'
import type { Check, TrajectoryMode } from './check.ts'
import { type Duration, parseDuration } from './duration.ts'
import { type OutputSchema, toJsonSchema } from './json-schema.ts'

/** How often a step should have run: exactly `times`, or within bounds. */
export interface Count {
  readonly times?: number
  readonly atLeast?: number
  readonly atMost?: number
}

/** Assertions on the steps of a run; `R` is what each call gives. */
export interface StepMatchers<R> {
  /** The step has executions; by default at least one. */
  toHaveRun(step: string, count?: Count): R
  /** The step ran and the last attempt of every occurrence is ok; a fallback is ok. */
  toHaveSucceeded(step: string): R
  /** The steps started in this order, others may lie between; strict: each ended before the next began. */
  toHaveOrder(...steps: [string, string, ...string[]]): R
  toHaveOrder(...stepsAndOptions: [string, string, ...string[], { readonly strict: boolean }]): R
  /** The whole sequence of steps; default mode `exact`. */
  toHaveTrajectory(steps: readonly string[], mode?: TrajectoryMode): R
  /** Every occurrence took at most so long: `'2s'`, or milliseconds. */
  toHaveFinishedWithin(step: string, duration: Duration): R
  /** Every occurrence needed at most so many tries after the first. */
  toHaveRetriedAtMost(step: string, retries: number): R
  /** Some occurrence's output came from its fallback. */
  toHaveUsedFallback(step: string): R
  /** Every occurrence has this status. */
  toHaveStatus(step: string, status: Status): R
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

export type Negated<Matchers> = Matchers & { readonly not: Matchers }

/** Not a usable argument of a matcher. */
export class CheckError extends Error {
  override readonly name: string = 'CheckError'
  readonly code: string = 'CHECK'
}

/** Matchers for steps that hand each check to `take`. */
export function stepMatchers<R>(take: (check: Check) => R): Negated<StepMatchers<R>> {
  return { ...stepCalls(take), not: stepCalls((check) => take({ ...check, not: true })) }
}

/** Matchers for the run that hand each check to `take`. */
export function runMatchers<R>(take: (check: Check) => R): Negated<RunMatchers<R>> {
  return { ...runCalls(take), not: runCalls((check) => take({ ...check, not: true })) }
}

/** Checks on steps: `steps.toHaveSucceeded('plan')`. */
export const steps: Negated<StepMatchers<Check>> = stepMatchers((check) => check)

/** Checks on the run: `run.toFinishWithin('5s')`. */
export const run: Negated<RunMatchers<Check>> = runMatchers((check) => check)

function stepCalls<R>(take: (check: Check) => R): StepMatchers<R> {
  return {
    toHaveRun: (step, count) => take({ type: 'step.ran', step: label(step), ...bounds(count) }),
    toHaveSucceeded: (step) => take({ type: 'step.succeeded', step: label(step) }),
    toHaveOrder: (...args: unknown[]) => take(orderCheck(args)),
    toHaveTrajectory: (names, mode = 'exact') =>
      take({ type: 'step.trajectory', steps: names.map(label), mode }),
    toHaveFinishedWithin: (step, duration) =>
      take({ type: 'step.duration', step: label(step), atMostNs: parseDuration(duration) }),
    toHaveRetriedAtMost: (step, retries) =>
      take({ type: 'step.retries', step: label(step), atMost: limit(retries) }),
    toHaveUsedFallback: (step) => take({ type: 'step.fallback', step: label(step) }),
    toHaveStatus: (step, status) => take({ type: 'step.status', step: label(step), status }),
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

function orderCheck(args: readonly unknown[]): Check {
  const last = args.at(-1)
  const options = typeof last === 'object' && last !== null ? (last as { strict?: boolean }) : undefined
  const names = (options === undefined ? args : args.slice(0, -1)).map(label)
  if (names.length < 2) throw new CheckError(`toHaveOrder expects at least two steps, got ${names.length}.`)
  return { type: 'step.order', steps: names, strict: options?.strict === true }
}

function bounds(count: Count = {}): { atLeast: number; atMost?: number } {
  const { times, atLeast, atMost } = count
  if (times !== undefined) return { atLeast: limit(times), atMost: limit(times) }
  const lower = atLeast ?? (atMost === undefined ? 1 : 0)
  return atMost === undefined ? { atLeast: limit(lower) } : { atLeast: limit(lower), atMost: limit(atMost) }
}

function label(step: unknown): string {
  if (typeof step === 'string' && step !== '') return step
  throw new CheckError(`Expected the name of a step, got ${JSON.stringify(step)} (${typeof step}).`)
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
