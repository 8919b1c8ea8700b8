import { expected } from '../errors.ts'
import { runStream } from './flow-stream.ts'
import type { FlowHooks } from './hooks.ts'
import { type RunAll, type RunMap, runAll, runMap } from './parallel.ts'
import { type FlowCarrier, flowContext, type Headers_, runWithin } from './propagation.ts'
import { executeRun } from './run.ts'
import type { FlowContext } from './run-context.ts'
import { type RunHandle, startRun } from './run-handle.ts'
import type { RunOptions } from './run-options.ts'
import { type InputOf, isSchema, type OutputOf, type Schema } from './schema.ts'
import { runStep } from './step.ts'
import type { StepContext, StepOptions } from './step-options.ts'

export interface FlowOptions {
  /** Version of the flow's logic: what comparisons compare. */
  readonly version?: string
  /** Checks and converts the input of every run: any zod schema, or another Standard Schema. */
  readonly input?: Schema | undefined
  /** Checks and converts the output of every run, unless it is a stream. */
  readonly output?: Schema | undefined
  /** Checks and converts each chunk that a run emits; must do so at once. */
  readonly chunk?: Schema | undefined
  /** Called as runs go on. */
  readonly on?: FlowHooks
}

/** A named, versioned piece of work. */
export interface Flow<I, O, C = unknown> {
  readonly name: string
  readonly version: string | undefined
  /** Its schemas. */
  readonly schemas: FlowSchemas
  /**
   * Executes the flow once. Rejects with what the handler threw, unchanged, with a `FlowValidationError`, with a
   * `RunTimeoutError`, or with the reason of the `signal` that stopped it; each is recorded.
   */
  run(...args: RunArguments<I>): Promise<O>
  /** Starts a run and gives a handle of it: for its id, its chunks as they come, its steps, and to cancel it. */
  start(...args: RunArguments<I>): RunHandle<O, C>
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

export type FlowHandler<I, O, C = unknown> = (input: I, context: FlowContext<C>) => O | Promise<O>

/** Defines flows; the functions on it work in the run that their caller is in. */
export interface DefineFlow {
  <I, O>(name: string, handler: FlowHandler<I, O>): Flow<I, O>
  <S extends Schema, T extends Schema, C = unknown>(
    name: string,
    options: FlowOptions & { readonly input: S; readonly output: T; readonly chunk?: Chunks<C> },
    handler: FlowHandler<OutputOf<S>, InputOf<T>, C>,
  ): Flow<InputOf<S>, OutputOf<T>, C>
  <S extends Schema, O, C = unknown>(
    name: string,
    options: FlowOptions & { readonly input: S; readonly output?: undefined; readonly chunk?: Chunks<C> },
    handler: FlowHandler<OutputOf<S>, O, C>,
  ): Flow<InputOf<S>, O, C>
  <I, T extends Schema, C = unknown>(
    name: string,
    options: FlowOptions & { readonly input?: undefined; readonly output: T; readonly chunk?: Chunks<C> },
    handler: FlowHandler<I, InputOf<T>, C>,
  ): Flow<I, OutputOf<T>, C>
  <I, O, C = unknown>(
    name: string,
    options: FlowOptions & {
      readonly input?: undefined
      readonly output?: undefined
      readonly chunk?: Chunks<C>
    },
    handler: FlowHandler<I, O, C>,
  ): Flow<I, O, C>
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
  /** Where the caller is, as W3C headers: to send along with a request, or with a message to a worker thread. */
  readonly context: () => FlowCarrier
  /** Calls `fn` where the sender of such headers was: flows inside are nested runs of its run. */
  readonly within: <R>(carrier: Headers_, fn: () => R) => R
}

type Chunks<C> = Schema<C>

/**
 * Defines a flow: `flow(name, options?, handler)`. The name stands for the flow wherever it is shown; keep it stable.
 *
 * @throws UsageError if the name, an option or the handler is not what it should be.
 */
export const flow: DefineFlow = Object.freeze(
  // Not the declared function itself: esbuild's `keepNames`, and so tsx, names that one later, which a frozen one does not let.
  Object.assign(defineFlow.bind(undefined), {
    step: runStep,
    all: runAll,
    map: runMap,
    stream: runStream,
    context: flowContext,
    within: runWithin,
  }),
)

function defineFlow(
  name: string,
  optionsOrHandler: FlowOptions | FlowHandler<never, unknown>,
  maybeHandler?: FlowHandler<never, unknown>,
): Flow<never, never> {
  const [options, handler] =
    typeof optionsOrHandler === 'function' ? [{}, optionsOrHandler] : [optionsOrHandler, maybeHandler]
  if (typeof name !== 'string' || name === '') throw expected('flow name', 'a non-empty string', name)
  if (typeof options !== 'object' || options === null) throw expected('flow options', 'an object', options)
  if (typeof handler !== 'function') throw expected(`handler of flow "${name}"`, 'a function', handler)
  const { version, input, output, chunk, on } = options
  if (version !== undefined && typeof version !== 'string') throw expected('version', 'a string', version)
  for (const [side, schema] of Object.entries({ input, output, chunk })) {
    if (schema !== undefined && !isSchema(schema))
      throw expected(side, 'a zod or other Standard Schema', schema)
  }
  if (on !== undefined && (typeof on !== 'object' || on === null))
    throw expected('on', 'an object of hooks', on)
  const schemas: FlowSchemas = Object.freeze({ input, output, chunk })
  const definition = { name, version, ...schemas, on, handler: handler as FlowHandler<unknown, unknown> }
  return Object.freeze({
    name,
    version,
    schemas,
    run: (value?: unknown, runOptions?: RunOptions) =>
      executeRun(definition, value, runOptions) as Promise<never>,
    start: (value?: unknown, runOptions?: RunOptions) => startRun(definition, value, runOptions),
  })
}
