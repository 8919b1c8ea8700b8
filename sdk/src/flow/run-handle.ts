import { idOf } from '../durable/held-run.ts'
import { newRunId } from '../spans/ids.ts'
import type { FlowDefinition } from './flow-definition.ts'
import { runFlow } from './run-flow.ts'
import { checkOptions, type RunOptions } from './run-options.ts'
import type { StepResult } from './run-state.ts'

/** A run that was started and goes on. */
export interface RunHandle<O, C = unknown> extends AsyncIterable<C> {
  readonly id: string
  /** Settles as `run` would. Nobody has to wait for it: a failure that nobody asks for stays unheard. */
  readonly result: Promise<O>
  /** Step executions that ended, in the order of their ends. */
  steps(): readonly StepResult[]
  /** Stops the run and its steps, with `reason` as the error; without effect on a run that is over. */
  cancel(reason?: unknown): void
  /** The chunks from the first on, as they come. Throws what the run throws. */
  [Symbol.asyncIterator](): AsyncIterator<C, void>
}

/** Starts a run; wrong options throw at once. */
export function startRun(flow: FlowDefinition, input: unknown, options: RunOptions = {}): RunHandle<never> {
  checkOptions(options)
  const controller = new AbortController()
  const { id: given, idempotencyKey } = options
  const id = flow.store === undefined ? (given ?? newRunId()) : idOf({ flow: flow.name, ...options })
  const signals = [controller.signal, options.signal].filter((signal) => signal !== undefined)
  const steps: StepResult[] = []
  const chunks: unknown[] = []
  let isOver = false
  let news = Promise.withResolvers<void>()
  const announce = () => {
    news.resolve()
    news = Promise.withResolvers()
  }
  const result = runFlow(
    flow,
    input,
    { ...options, ...(idempotencyKey === undefined ? { id } : {}), signal: AbortSignal.any(signals) },
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
    await result
  }
  return Object.freeze({
    id,
    result: result as Promise<never>,
    steps: () => steps.slice(),
    cancel: (reason?: unknown) =>
      controller.abort(reason ?? new DOMException('The run was cancelled', 'AbortError')),
    [Symbol.asyncIterator]: read as () => AsyncIterator<never, void>,
  })
}
