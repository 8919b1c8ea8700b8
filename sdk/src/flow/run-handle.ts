import { isStream } from '../values/streams.ts'
import type { FlowDefinition } from './flow-definition.ts'
import { startFlow } from './run-flow.ts'
import { checkOptions, type RunOptions } from './run-options.ts'
import type { StepResult } from './run-state.ts'

/** A run that was started and goes on. */
export interface RunHandle<O, C = unknown> extends AsyncIterable<C> {
  readonly id: string
  /** Settles as `run` would. Nobody has to wait for it: a failure that nobody asks for stays unheard. */
  readonly result: Promise<O>
  /**
   * Step executions that ended, in the order of their ends. Who knows the handler may say what its steps give:
   * `run.steps<{ plan: string[]; write: string }>()`.
   */
  steps<Outputs extends object = Record<string, unknown>>(): readonly StepResult<Outputs>[]
  /** Stops the run and its steps, with `reason` as the error; without effect on a run that is over. */
  cancel(reason?: unknown): void
  /** The chunks from the first on, as they come, and those of an output that is a stream. Throws what the run throws. */
  [Symbol.asyncIterator](): AsyncIterator<C, void>
}

/** Starts a run; wrong options throw at once. */
export function startRun(flow: FlowDefinition, input: unknown, options: RunOptions = {}): RunHandle<never> {
  checkOptions(options)
  const controller = new AbortController()
  const signals = [controller.signal, options.signal].filter((signal) => signal !== undefined)
  const steps: StepResult[] = []
  const chunks: unknown[] = []
  let isOver = false
  let news = Promise.withResolvers<void>()
  const announce = () => {
    news.resolve()
    news = Promise.withResolvers()
  }
  const { id, result } = startFlow(
    flow,
    input,
    { ...options, signal: AbortSignal.any(signals) },
    {
      step: (step) => steps.push(step),
      chunk: (chunk) => {
        chunks.push(chunk)
        announce()
      },
    },
  )
  const over = () => {
    isOver = true
    announce()
  }
  result.then(over, over)
  async function* read(): AsyncGenerator<unknown, void> {
    for (let at = 0; ; ) {
      while (at < chunks.length) yield chunks[at++]
      if (isOver) break
      await news.promise
    }
    const output = await result
    // An output that is a stream is what there is to read.
    if (isStream(output)) yield* output as AsyncIterable<unknown>
  }
  return Object.freeze({
    id,
    result: result as Promise<never>,
    steps: () => steps.slice() as never,
    cancel: (reason?: unknown) =>
      controller.abort(reason ?? new DOMException('The run was cancelled', 'AbortError')),
    [Symbol.asyncIterator]: read as () => AsyncIterator<never, void>,
  })
}
