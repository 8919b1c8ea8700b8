import { type CheckType, requireName, requireOccurrence } from './check.ts'
import type { Selected, Subject } from './executions.ts'
import {
  CALL_CHECKS,
  CHILD_RUN_CHECKS,
  type Check,
  EVERY_CHECKS,
  ONE_CALL_CHECKS,
  ONE_STEP_CHECKS,
  RUN_CHECKS,
  STEP_CHECKS,
} from './table.ts'

type Intersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void
  ? I
  : never

/** The calls of some types of checks; `R` is what each call returns. */
type Calls<T extends readonly CheckType[], R> = CallsOf<Intersection<T[number]['matchers']>, R>
type CallsOf<M, R> = {
  [Name in keyof M]: M[Name] extends (...args: infer Args) => unknown ? (...args: Args) => R : never
}
/** The same without the name that they begin with. */
type NamelessCalls<T extends readonly CheckType[], R> = NamelessCallsOf<
  Intersection<T[number]['matchers']>,
  R
>
type NamelessCallsOf<M, R> = {
  [Name in keyof M]: M[Name] extends (name: string, ...args: infer Args) => unknown
    ? (...args: Args) => R
    : never
}

/** Assertions on the runs that a run started, by their flow; `R` is what each call returns. */
export interface ChildRunMatchers<R> extends Calls<typeof CHILD_RUN_CHECKS, R> {}
/** Assertions on the calls of one kind, in whichever step they are, by the name of the tool, model, agent... */
export interface CallMatchers<R> extends Calls<typeof CALL_CHECKS, R> {}
/** Assertions on the steps of a run, by their label. */
export interface StepMatchers<R> extends Calls<typeof STEP_CHECKS, R> {}
/** Assertions on a run as a whole; `R` is what each call returns. */
export interface RunMatchers<R> extends Calls<typeof RUN_CHECKS, R> {}
/** Assertions that hold for every execution of a name; `not`: for none. */
export interface EveryMatchers<R> extends NamelessCalls<typeof EVERY_CHECKS, R> {}
/** Assertions on one call. */
export interface OneCallMatchers<R> extends NamelessCalls<typeof ONE_CALL_CHECKS, R> {}
/** Assertions on one step execution. */
export interface OneStepMatchers<R> extends NamelessCalls<typeof ONE_STEP_CHECKS, R> {}

export type Negated<M> = M & { readonly not: M }

/** Picks the executions that an assertion is about. */
export interface Selectors<E, O> {
  /** Every execution of this name: `steps.every('send').toBePrecededBy('guard')`. */
  every(name: string): Negated<E>
  /** One execution of this name; occurrences count from 0. */
  at(name: string, occurrence: number): Negated<O>
}

/** Looks into a step. */
export interface Scopes<M> {
  /** What ran within this step, at any depth: within each of its executions, or within one; occurrences count from 0. */
  in(step: string, occurrence?: number): M
}

type Selectable<M, E, O> = Negated<M> & Selectors<E, O>
type Scoped<M> = M & Scopes<M>

export type StepSubject<R> = Scoped<Selectable<StepMatchers<R>, EveryMatchers<R>, OneStepMatchers<R>>>
export type CallSubject<R> = Scoped<Selectable<CallMatchers<R>, EveryMatchers<R>, OneCallMatchers<R>>>

/** Everything that a check can be about. */
export interface Matchers<R> {
  readonly steps: StepSubject<R>
  readonly tools: CallSubject<R>
  readonly models: CallSubject<R>
  readonly agents: CallSubject<R>
  readonly retrievers: CallSubject<R>
  readonly embedders: CallSubject<R>
  readonly childRuns: Negated<ChildRunMatchers<R>>
  readonly run: Negated<RunMatchers<R>>
}

/** Matchers that hand each check to `take`. */
export function matchersFor<R>(take: (check: Check) => R): Matchers<R> {
  const ofCalls = (of: Subject): CallSubject<R> => scoped(CALL_CHECKS, ONE_CALL_CHECKS, of, take)
  return {
    steps: scoped(STEP_CHECKS, ONE_STEP_CHECKS, 'steps', take),
    tools: ofCalls('tools'),
    models: ofCalls('models'),
    agents: ofCalls('agents'),
    retrievers: ofCalls('retrievers'),
    embedders: ofCalls('embedders'),
    childRuns: negatable((more) => callsOf(CHILD_RUN_CHECKS, { of: 'childRuns' }, withMore(take, more))),
    run: negatable((more) => callsOf(RUN_CHECKS, {}, withMore(take, more))),
  }
}

const checks: Matchers<Check> = matchersFor((check) => check)

/** Checks on steps: `steps.toHaveSucceeded('plan')`. */
export const steps: StepSubject<Check> = checks.steps

/** Checks on calls of tools, whether or not the flow has steps: `tools.not.toHaveBeenCalled('send_email')`. */
export const tools: CallSubject<Check> = checks.tools

/** Checks on calls of models, by the name of the model. */
export const models: CallSubject<Check> = checks.models

/** Checks on calls of agents. */
export const agents: CallSubject<Check> = checks.agents

/** Checks on calls of retrievers. */
export const retrievers: CallSubject<Check> = checks.retrievers

/** Checks on calls of embedders, by the name of the model. */
export const embedders: CallSubject<Check> = checks.embedders

/** Checks on the runs that the run started, by their flow: `childRuns.toHaveSucceeded('research')`. */
export const childRuns: Negated<ChildRunMatchers<Check>> = checks.childRuns

/** Checks on the run: `run.toFinishWithin('5s')`. */
export const run: Negated<RunMatchers<Check>> = checks.run

type Take<R> = (check: Check) => R
/** Fields that a call adds to the check that it makes. */
type More = Readonly<Record<string, unknown>>

function withMore<R>(take: Take<R>, more: More): Take<R> {
  return (check) => take({ ...check, ...more })
}

function negatable<M>(make: (more: More) => M): Negated<M> {
  return { ...make({}), not: make({ not: true }) }
}

function scoped<T extends readonly CheckType[], O extends readonly CheckType[], R>(
  types: T,
  one: O,
  of: Subject,
  take: Take<R>,
): Scoped<Selectable<Calls<T, R>, NamelessCalls<typeof EVERY_CHECKS, R>, NamelessCalls<O, R>>> {
  const within = (scope: More) => ({
    ...negatable((more) => callsOf(types, { of, ...scope }, withMore(take, more))),
    every: (name: string) =>
      negatable((more) => namelessCallsOf(EVERY_CHECKS, { of, ...scope }, { name }, withMore(take, more))),
    at: (name: string, occurrence: number) => {
      const selected = { name, at: requireOccurrence(occurrence) }
      return negatable((more) => namelessCallsOf(one, { of, ...scope }, selected, withMore(take, more)))
    },
  })
  const inside = (name: string, occurrence?: number) =>
    within({
      in: {
        name: requireName(name),
        ...(occurrence === undefined ? {} : { at: requireOccurrence(occurrence) }),
      },
    })
  return { ...within({}), in: inside }
}

function callsOf<T extends readonly CheckType[], R>(types: T, head: More, take: Take<R>): Calls<T, R> {
  return makeCalls(types, (matcher, type) => {
    return (...args) => take({ type, ...head, ...matcher(...args) } as Check)
  }) as Calls<T, R>
}

function namelessCallsOf<T extends readonly CheckType[], R>(
  types: T,
  head: More,
  { name, ...at }: Selected,
  take: Take<R>,
): NamelessCalls<T, R> {
  return makeCalls(types, (matcher, type) => {
    return (...args) => take({ type, ...head, ...matcher(name, ...args), ...at } as Check)
  }) as NamelessCalls<T, R>
}

type Matcher = (...args: unknown[]) => object

function makeCalls(
  types: readonly CheckType[],
  toCall: (matcher: Matcher, type: unknown) => (...args: unknown[]) => unknown,
): object {
  return Object.fromEntries(
    types.flatMap(({ schema, matchers }) =>
      Object.entries(matchers).map(([name, matcher]) => [
        name,
        toCall(matcher as Matcher, schema.shape.type.value),
      ]),
    ),
  )
}
