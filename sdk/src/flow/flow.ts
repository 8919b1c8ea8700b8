import { resumeDefinitions } from '../durable/execute.ts'
import { type StoredRun, storedRun } from '../durable/stored-run.ts'
import { type Signal, sleepFor, waitForSignal } from '../durable/waits.ts'
import { type LongDuration, toLongMilliseconds } from '../duration.ts'
import { checkKnown, expected, UsageError } from '../errors.ts'
import { processWide } from '../process-wide.ts'
import { type Session, StoredSession } from '../sessions/session.ts'
import type { Store } from '../stores/store.ts'
import type { FlowDefinition } from './flow-definition.ts'
import { runStream } from './flow-stream.ts'
import { checkHooks, type FlowHooks } from './hooks.ts'
import { type RunAll, type RunMap, runAll, runMap } from './parallel.ts'
import { type FlowCarrier, flowContext, type HeaderSource, runWithin } from './propagation.ts'
import type { FlowContext } from './run-context.ts'
import { runFlow } from './run-flow.ts'
import { type RunHandle, startRun } from './run-handle.ts'
import type { RunOptions } from './run-options.ts'
import { type InputOf, isSchema, type OutputOf, type Schema } from './schema.ts'
import { runStep } from './step.ts'
import type { StepContext, StepOptions } from './step-options.ts'

export interface FlowOptions {
  /** Version of the flow's logic: what comparisons compare. */
  readonly version?: string | undefined
  /** Checks and converts the input of every run: any zod schema, or another Standard Schema. */
  readonly input?: Schema | undefined
  /** Checks and converts the output of every run, unless it is a stream. */
  readonly output?: Schema | undefined
  /** Checks and converts each chunk that a run emits; must do so at once. */
  readonly chunk?: Schema | undefined
  /**
   * Keeps runs, so that they outlive their process: steps that are over are not executed again, and `flow.wait` and `flow.sleep`
   * hold no process. Steps happen at least once; `idempotencyKey` is there for what must not happen twice.
   */
  readonly store?: Store | undefined
  /** How long the store keeps a run once it has ended, with those nested in it; by default for ever. */
  readonly retention?: LongDuration | undefined
  /**
   * Checks and converts the state of sessions, and gives a new one its first. Runs of the flow are turns of their session then;
   * only with a store.
   */
  readonly state?: Schema | undefined
  /** What its runs wait for: whoever serves the flow takes these signals, and no others. */
  readonly signals?: readonly Signal<never, unknown>[] | undefined
  /** Called as runs go on. */
  readonly on?: FlowHooks | undefined
}

/** A named, versioned piece of work. */
export interface Flow<I, O, C = unknown, S = unknown> {
  readonly name: string
  readonly version: string | undefined
  /** Its schemas. */
  readonly schemas: FlowSchemas
  /** What its runs wait for. */
  readonly signals: readonly Signal<never, unknown>[]
  /** A store keeps its runs. */
  readonly hasStore: boolean
  /**
   * Executes the flow once. Rejects with what the handler threw, unchanged, with a `FlowValidationError`, with a
   * `RunTimeoutError`, or with the reason of the `signal` that stopped it; each is recorded.
   */
  run(...args: RunArguments<I>): Promise<O>
  /** Starts a run and gives a handle of it: for its id, its chunks as they come, its steps, and to cancel it. */
  start(...args: RunArguments<I>): RunHandle<O, C>
  /**
   * A run of any process, of a flow with a store: its status and result, to send it signals, and to cancel it.
   * @throws UsageError for a flow without a store
   */
  get(id: string): StoredRun<O>
  /**
   * A session of a flow with a store: its state, its turns, and branches of it.
   * @throws UsageError for a flow without a store
   */
  session(id: string): Session<S>
}

export interface FlowSchemas {
  readonly input: Schema | undefined
  readonly output: Schema | undefined
  readonly chunk: Schema | undefined
}

/** The input may be left out where the flow takes none. */
export type RunArguments<I> = undefined extends I
  ? [input?: I, options?: RunOptions]
  : [input: I, options?: RunOptions]

export type FlowHandler<I, O, C = unknown, S = unknown> = (
  input: I,
  context: FlowContext<C, S>,
) => O | Promise<O>

/** Defines flows; the functions on it work in the run that their caller is in. */
export interface DefineFlow {
  <I, O>(name: string, handler: FlowHandler<I, O>): Flow<I, O>
  <S extends Schema, T extends Schema, C = unknown, State = unknown>(
    name: string,
    options: FlowOptions & {
      readonly input: S
      readonly output: T
      readonly chunk?: Schema<C>
      readonly state?: Schema<unknown, State>
    },
    handler: FlowHandler<OutputOf<S>, InputOf<T>, C, State>,
  ): Flow<InputOf<S>, OutputOf<T>, C, State>
  <S extends Schema, O, C = unknown, State = unknown>(
    name: string,
    options: FlowOptions & {
      readonly input: S
      readonly output?: undefined
      readonly chunk?: Schema<C>
      readonly state?: Schema<unknown, State>
    },
    handler: FlowHandler<OutputOf<S>, O, C, State>,
  ): Flow<InputOf<S>, O, C, State>
  <I, T extends Schema, C = unknown, State = unknown>(
    name: string,
    options: FlowOptions & {
      readonly input?: undefined
      readonly output: T
      readonly chunk?: Schema<C>
      readonly state?: Schema<unknown, State>
    },
    handler: FlowHandler<I, InputOf<T>, C, State>,
  ): Flow<I, OutputOf<T>, C, State>
  <I, O, C = unknown, State = unknown>(
    name: string,
    options: FlowOptions & {
      readonly input?: undefined
      readonly output?: undefined
      readonly chunk?: Schema<C>
      readonly state?: Schema<unknown, State>
    },
    handler: FlowHandler<I, O, C, State>,
  ): Flow<I, O, C, State>
  /**
   * Resolves to what `fn` or the fallback gives; rejects with what `fn` threw, unchanged, with a `StepTimeoutError`,
   * or with a `UsageError` for wrong options. Outside a run the step works just the same and belongs to none.
   */
  readonly step: <T, F = never>(
    label: string,
    fn: (context: StepContext) => T | Promise<T>,
    options?: StepOptions<F>,
  ) => Promise<T | F>
  /**
   * Runs the branches of a record at once, `concurrency` of them; resolves to the record of what they give. The steps of a
   * branch have its name as their key.
   */
  readonly all: RunAll
  /** Calls a function for every item, `concurrency` at once; resolves to what it gives, in the order of the items. */
  readonly map: RunMap
  /** A step that reads a stream, gives each chunk to whoever reads the run, and resolves to all of it. */
  readonly stream: typeof runStream
  /** Waits for a signal to the run, which is suspended meanwhile. */
  readonly wait: typeof waitForSignal
  /** Sleeps; a run with a store is suspended meanwhile. */
  readonly sleep: typeof sleepFor
  /** Where the caller is, as W3C headers: to send along with a request, or with a message to a worker thread. */
  readonly context: () => FlowCarrier
  /** Calls `fn` where the sender of such headers was: flows inside are nested runs of its run. */
  readonly within: <R>(carrier: HeaderSource, fn: () => R) => R
}

function defineFlow(
  name: string,
  optionsOrHandler: FlowOptions | FlowHandler<never, unknown>,
  maybeHandler?: FlowHandler<never, unknown>,
): Flow<never, never> {
  const isAlone = typeof optionsOrHandler === 'function' && maybeHandler === undefined
  const options: FlowOptions = isAlone ? {} : (optionsOrHandler as FlowOptions)
  const handler = isAlone ? optionsOrHandler : maybeHandler
  if (typeof name !== 'string' || name === '') throw expected('flow name', 'a non-empty string', name)
  checkKnown(`options of flow "${name}"`, options, KNOWN)
  if (typeof handler !== 'function') throw expected(`handler of flow "${name}"`, 'a function', handler)
  const { version, input, output, chunk, state, store, retention, signals = [], on } = options
  if (version !== undefined && typeof version !== 'string') throw expected('version', 'a string', version)
  for (const [side, schema] of Object.entries({ input, output, chunk, state })) {
    if (schema !== undefined && !isSchema(schema))
      throw expected(side, 'a zod or other Standard Schema', schema)
  }
  if (state !== undefined && store === undefined)
    throw expected('store', 'a store for the state of sessions', store)
  if (store !== undefined && typeof store?.put !== 'function')
    throw expected('store', 'a store such as memoryStore()', store)
  if (retention !== undefined && store === undefined)
    throw expected('store', 'a store to keep runs in', store)
  const wrong = Array.isArray(signals) ? signals.findIndex((one) => typeof one?.name !== 'string') : -1
  if (!Array.isArray(signals) || wrong >= 0) {
    const got = wrong >= 0 ? signals[wrong] : signals
    throw expected('signals', "a list such as [signal('approval')]", got)
  }
  if (on !== undefined) checkHooks(name, on)
  const schemas: FlowSchemas = Object.freeze({ input, output, chunk })
  const definition = {
    name,
    version,
    ...schemas,
    state,
    store,
    retention: retention === undefined ? undefined : toRetention(retention),
    on,
    handler: handler as FlowHandler<unknown, unknown>,
  }
  const defined = Object.freeze({
    name,
    version,
    schemas,
    signals: Object.freeze([...signals]),
    hasStore: store !== undefined,
    run: (value?: unknown, runOptions?: RunOptions) =>
      runFlow(definition, value, runOptions) as Promise<never>,
    start: (value?: unknown, runOptions?: RunOptions) => startRun(definition, value, runOptions),
    get: (id: string) => storedRun(definition, id),
    session: (id: string) => {
      if (store !== undefined) return new StoredSession<never>(store, id, state)
      throw new UsageError(`session: expected a flow with a store, got flow "${name}" without one`)
    },
  })
  definitions.set(defined, definition)
  return defined
}

/**
 * Defines a flow: `flow(name, options?, handler)`. The name stands for the flow wherever it is shown; keep it stable.
 *
 * @throws UsageError if the name, an option or the handler is not what it should be.
 */
// After its function: bundlers that keep names set the name of that, which is frozen here.
export const flow: DefineFlow = Object.freeze(
  Object.assign(defineFlow, {
    step: runStep,
    all: runAll,
    map: runMap,
    stream: runStream,
    wait: waitForSignal,
    sleep: sleepFor,
    context: flowContext,
    within: runWithin,
  }),
)

const KNOWN = new Set(['version', 'input', 'output', 'chunk', 'state', 'store', 'retention', 'signals', 'on'])

/** What each flow was defined by, in whatever copy of this package. */
const definitions = processWide('definitions', () => new WeakMap<object, FlowDefinition>())

/**
 * Goes on, in this process, with runs of these flows that are due: their signal came, their time has come, or the process that
 * executed them is gone. Gives a function that ends it: it resolves when no further run is taken on.
 *
 * @throws UsageError for what is no flow, or has no store
 */
export function resumeRuns(flows: readonly Flow<never, unknown, unknown>[]): () => Promise<void> {
  if (!Array.isArray(flows)) throw expected('resumeRuns', 'a list of flows', flows)
  return resumeDefinitions(
    flows.map((one) => {
      const definition = definitions.get(one)
      if (definition === undefined) throw expected('resumeRuns', 'flows', one)
      return definition
    }),
  )
}

/** Who waits for a run in another process has to find its end. */
function toRetention(retention: LongDuration): number {
  const milliseconds = toLongMilliseconds(retention, 'retention')
  if (milliseconds < 60_000) throw expected('retention', 'a minute or more', retention)
  return milliseconds
}
