import { LONGEST, type LongDuration, toLongMilliseconds } from '../duration.ts'
import { checkKnown, expected, FlowValidationError, UsageError, WaitTimeoutError } from '../errors.ts'
import { wait as pause } from '../flow/abort.ts'
import { type InputOf, isSchema, type OutputOf, type Schema } from '../flow/schema.ts'
import { currentScope } from '../spans/scope.ts'

/** Something that a run waits for, by its name. */
export interface Signal<I = unknown, O = I> {
  readonly name: string
  /** Checks and converts what is sent. */
  readonly schema: Schema | undefined
  readonly types?: { readonly input: (value: I) => void; readonly output: O } | undefined
}

/** Defines what a run can wait for, and what may be sent to it. */
export interface DefineSignal {
  <S extends Schema>(name: string, schema: S): Signal<InputOf<S>, OutputOf<S>>
  <T = unknown>(name: string): Signal<T>
}

/** @throws UsageError */
export const signal: DefineSignal = (name: string, schema?: Schema): never => {
  if (typeof name !== 'string' || name === '') throw expected('signal', 'a non-empty name', name)
  if (schema !== undefined && !isSchema(schema)) {
    throw expected(`schema of signal "${name}"`, 'a zod or other Standard Schema', schema)
  }
  return Object.freeze({ name, schema }) as never
}

export interface WaitOptions {
  /** Tells waits for one signal apart, such as the id of the item. Whoever sends it names it too. */
  readonly key?: string | undefined
  /** From the first call on, through all resumptions. When it is over, the wait rejects with a `WaitTimeoutError`. */
  readonly timeout?: LongDuration | undefined
}

const KNOWN = new Set(['key', 'timeout'])

/**
 * Waits for a signal; one that came before is taken at once. Where the run does nothing else it is suspended, and goes on when
 * the signal comes, in this process or in another one.
 *
 * @throws UsageError outside of a run with a store, or inside of a step
 */
export async function waitForSignal<O>(what: Signal<never, O>, options: WaitOptions = {}): Promise<O> {
  const { name } = what ?? {}
  if (typeof name !== 'string') throw expected('flow.wait', "a signal such as signal('approval')", what)
  checkKnown('options of flow.wait', options, KNOWN)
  const { key, timeout } = options
  if (key !== undefined && typeof key !== 'string') throw expected('key', 'a string', key)
  const { journal, branch } = currentScope()
  if (journal === undefined) throw outsideOf(`flow.wait("${name}")`)
  const milliseconds = timeout === undefined ? undefined : toLongMilliseconds(timeout, 'timeout')
  const outcome = await journal.wait(name, key, milliseconds, branch)
  if (outcome.status === 'timedOut') throw new WaitTimeoutError(name, milliseconds as number)
  return outcome.value as O
}

/** Sleeps; a run with a store is suspended meanwhile, and sleeps no longer than was asked for at first. */
export async function sleepFor(duration: LongDuration): Promise<void> {
  const milliseconds = toLongMilliseconds(duration, 'flow.sleep')
  const { journal, branch, signal: stop } = currentScope()
  if (journal !== undefined) return journal.sleep(branch, milliseconds)
  const signals = stop === undefined ? [] : [stop]
  for (let left = milliseconds; left > 0; left -= LONGEST) await pause(Math.min(left, LONGEST), signals)
}

/** What is sent for a signal, checked. @throws FlowValidationError */
export async function checkSignal(
  flow: string,
  { name, schema }: Pick<Signal, 'name' | 'schema'>,
  value: unknown,
): Promise<unknown> {
  if (typeof name !== 'string') throw expected('signal', "a signal such as signal('approval')", name)
  if (schema === undefined) return value
  const result = await schema['~standard'].validate(value)
  if (result.issues !== undefined) throw new FlowValidationError(flow, `signal ${name}`, result.issues)
  return result.value
}

function outsideOf(call: string): UsageError {
  return new UsageError(
    `${call}: expected to be called by the handler of a flow with a store, not inside of a step: flow(name, { store: memoryStore() }, handler)`,
  )
}
