import { expected, FlowValidationError } from '../errors.ts'
import type { FlowDefinition } from './flow-definition.ts'
import type { RunState } from './run-state.ts'

/** What the handler of a flow gets beside its input. */
export interface FlowContext<C = unknown> {
  readonly runId: string
  readonly session: string | undefined
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
  readonly session: string | undefined
  readonly user: string | undefined
  readonly #flow: FlowDefinition
  readonly #run: RunState
  #signal: AbortSignal | undefined

  constructor(flow: FlowDefinition, run: RunState, signal: AbortSignal | undefined) {
    this.runId = run.runId
    this.session = run.session
    this.user = run.user
    this.#flow = flow
    this.#run = run
    this.#signal = signal
  }

  /** Made only for who asks. */
  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal
    return this.#signal
  }

  /** A property, so that it works taken out of the context too. */
  readonly emit = (chunk: unknown): void => emitChunk(this.#flow, this.#run, chunk)
}

/** Gives a chunk to who reads the run. */
export function emitChunk(flow: Pick<FlowDefinition, 'name' | 'chunk'>, run: RunState, chunk: unknown): void {
  let checked = chunk
  if (flow.chunk !== undefined) {
    const result = flow.chunk['~standard'].validate(chunk)
    if (result instanceof Promise) throw expected('chunk', 'a schema that validates at once', flow.chunk)
    if (result.issues !== undefined) throw new FlowValidationError(flow.name, 'chunk', result.issues)
    checked = result.value
  }
  for (const listener of run.listeners) listener.chunk?.(checked)
}
