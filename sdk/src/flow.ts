import { expected } from './errors.ts'
import { executeRun, type RunOptions } from './run.ts'
import { type InputOf, isSchema, type OutputOf, type Schema } from './schema.ts'
import { runStep } from './step.ts'
import type { StepContext, StepOptions } from './step-options.ts'

export interface FlowOptions {
  /** Version of the flow's logic: what comparisons compare. */
  readonly version?: string
  /** Checks and converts the input of every run: any zod schema, or another Standard Schema. */
  readonly input?: Schema | undefined
  /** Checks and converts the output of every run. */
  readonly output?: Schema | undefined
}

/** A named, versioned piece of work. */
export interface Flow<I, O> {
  readonly name: string
  readonly version: string | undefined
  /**
   * Executes the flow once. Rejects with what the handler threw, unchanged, or with a `FlowValidationError`;
   * both are recorded as a run with status error.
   */
  run(...args: RunArguments<I>): Promise<O>
}

/** The input may be left out where the flow takes none. */
export type RunArguments<I> = undefined extends I
  ? [input?: I, options?: RunOptions]
  : [input: I, options?: RunOptions]

export type FlowHandler<I, O> = (input: I) => O | Promise<O>

/** Defines flows; `flow.step` executes a step of the run that the caller is in. */
export interface DefineFlow {
  <I, O>(name: string, handler: FlowHandler<I, O>): Flow<I, O>
  <S extends Schema, T extends Schema>(
    name: string,
    options: FlowOptions & { readonly input: S; readonly output: T },
    handler: FlowHandler<OutputOf<S>, InputOf<T>>,
  ): Flow<InputOf<S>, OutputOf<T>>
  <S extends Schema, O>(
    name: string,
    options: FlowOptions & { readonly input: S; readonly output?: undefined },
    handler: FlowHandler<OutputOf<S>, O>,
  ): Flow<InputOf<S>, O>
  <I, T extends Schema>(
    name: string,
    options: FlowOptions & { readonly input?: undefined; readonly output: T },
    handler: FlowHandler<I, InputOf<T>>,
  ): Flow<I, OutputOf<T>>
  <I, O>(
    name: string,
    options: FlowOptions & { readonly input?: undefined; readonly output?: undefined },
    handler: FlowHandler<I, O>,
  ): Flow<I, O>
  /**
   * Resolves to what `fn` or the fallback gives; rejects with what `fn` threw, unchanged, with a `StepTimeoutError`,
   * or with a `UsageError` for wrong options. Outside a run the step works just the same and belongs to none.
   */
  readonly step: <T, F = never>(
    label: string,
    fn: (context: StepContext) => T | Promise<T>,
    options?: StepOptions<F>,
  ) => Promise<T | F>
}

/**
 * Defines a flow: `flow(name, options?, handler)`. The name stands for the flow wherever it is shown; keep it stable.
 *
 * @throws UsageError if the name, an option or the handler is not what it should be.
 */
export const flow: DefineFlow = Object.assign(defineFlow, { step: runStep })

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
  const { version, input, output } = options
  if (version !== undefined && typeof version !== 'string') throw expected('version', 'a string', version)
  if (input !== undefined && !isSchema(input))
    throw expected('input', 'a zod or other Standard Schema', input)
  if (output !== undefined && !isSchema(output))
    throw expected('output', 'a zod or other Standard Schema', output)
  const definition = { name, version, input, output, handler: handler as FlowHandler<unknown, unknown> }
  return {
    name,
    version,
    run: (value?: unknown, runOptions?: RunOptions) =>
      executeRun(definition, value, runOptions) as Promise<never>,
  }
}
