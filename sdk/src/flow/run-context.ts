import { expected, FlowValidationError, UsageError } from '../errors.ts'
import { type Session, StoredSession } from '../sessions/session.ts'
import type { FlowDefinition } from './flow-definition.ts'
import { tell } from './hooks.ts'
import type { RunState } from './run-state.ts'

/** What the handler of a flow gets beside its input. */
export interface FlowContext<C = unknown, S = unknown> {
  readonly runId: string
  /** The session of the run, if it has one. Its state and history need a flow with a store. */
  readonly session: Session<S> | undefined
  readonly user: string | undefined
  /** Aborts when the run is stopped or runs out of time: hand it to whatever can be stopped. */
  readonly signal: AbortSignal
  /**
   * Gives a chunk to whoever reads the run as it goes on.
   * @throws FlowValidationError if it does not match the flow's `chunk` schema
   */
  emit(chunk: C): void
}

export class RunContext implements FlowContext {
  readonly runId: string
  readonly session: Session | undefined
  readonly user: string | undefined
  readonly #run: RunState
  #signal: AbortSignal | undefined

  constructor(flow: FlowDefinition, run: RunState, signal: AbortSignal | undefined) {
    this.runId = run.runId
    this.session = run.session === undefined ? undefined : sessionOf(flow, run.session)
    this.user = run.user
    this.#run = run
    this.#signal = signal
  }

  /** Made only for who asks. */
  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal
    return this.#signal
  }

  /** A property, so that it works taken out of the context too. */
  readonly emit = (chunk: unknown): void => emitChunk(this.#run, chunk)
}

/** Gives a chunk to who reads the run. @throws FlowValidationError */
export function emitChunk(run: RunState, chunk: unknown): void {
  let checked = chunk
  if (run.chunk !== undefined) {
    const result = run.chunk['~standard'].validate(chunk)
    if (result instanceof Promise) throw expected('chunk', 'a schema that validates at once', run.chunk)
    if (result.issues !== undefined) throw new FlowValidationError(run.flow, 'chunk', result.issues)
    checked = result.value
  }
  tell(run, (listener) => listener.chunk?.(checked))
}

/** A session of the flow's store; without one it has its id only. */
function sessionOf({ name, store, state }: FlowDefinition, id: string): Session<never> {
  if (store !== undefined) return new StoredSession<never>(store, id, state)
  const refuse = async () => {
    throw new UsageError(`session: expected a flow with a store, got flow "${name}" without one`)
  }
  return { id, state: refuse, update: refuse, history: refuse, branch: refuse }
}
