import type { CheckType } from './check.ts'
import type { Subject } from './executions.ts'
import { type Check, NAMED_CHECKS, RUN_CHECKS, STEP_CHECKS, TIMED_CHECKS } from './table.ts'

type Intersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void
  ? I
  : never

/** The calls of some types of checks; `R` is what each call returns. */
type Calls<T extends readonly CheckType[], R> = CallsOf<Intersection<T[number]['matchers']>, R>
type CallsOf<M, R> = {
  [Name in keyof M]: M[Name] extends (...args: infer Args) => unknown ? (...args: Args) => R : never
}

/** Assertions on the runs that a run started, by their flow; `R` is what each call returns. */
export interface ChildRunMatchers<R> extends Calls<typeof NAMED_CHECKS, R> {}
/** Assertions on the calls of one kind, in whichever step they are, by the name of the tool, model, agent... */
export interface CallMatchers<R> extends Calls<typeof TIMED_CHECKS, R> {}
/** Assertions on the steps of a run, by their label. */
export interface StepMatchers<R> extends Calls<typeof STEP_CHECKS, R> {}
/** Assertions on a run as a whole; `R` is what each call returns. */
export interface RunMatchers<R> extends Calls<typeof RUN_CHECKS, R> {}

export type Negated<M> = M & { readonly not: M }

/** Everything that a check can be about. */
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
    steps: negatable(STEP_CHECKS, 'steps', take),
    tools: negatable(TIMED_CHECKS, 'tools', take),
    models: negatable(TIMED_CHECKS, 'models', take),
    agents: negatable(TIMED_CHECKS, 'agents', take),
    retrievers: negatable(TIMED_CHECKS, 'retrievers', take),
    embedders: negatable(TIMED_CHECKS, 'embedders', take),
    childRuns: negatable(NAMED_CHECKS, 'childRuns', take),
    run: negatable(RUN_CHECKS, undefined, take),
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

function negatable<T extends readonly CheckType[], R>(
  types: T,
  of: Subject | undefined,
  take: (check: Check) => R,
): Negated<Calls<T, R>> {
  const not = callsOf(types, of, (check) => take({ ...check, not: true }))
  return { ...callsOf(types, of, take), not }
}

function callsOf<T extends readonly CheckType[], R>(
  types: T,
  of: Subject | undefined,
  take: (check: Check) => R,
): Calls<T, R> {
  const calls = types.flatMap(({ schema, matchers }) => {
    const head = { type: schema.shape.type.value, ...(of === undefined ? {} : { of }) }
    return Object.entries(matchers).map(([name, toFields]) => [
      name,
      (...args: unknown[]) => take({ ...head, ...toFields(...args) }),
    ])
  })
  return Object.fromEntries(calls) as Calls<T, R>
}
