import { expected } from '../errors.ts'
import { currentScope } from '../spans/scope.ts'
import { emitChunk } from './run-context.ts'
import { runStep } from './step.ts'
import type { StepOptions } from './step-options.ts'

type Source<C> = AsyncIterable<C> | Iterable<C>

/**
 * A step that reads a stream and gives each chunk to whoever reads the run. Resolves to all of it: a text if all chunks are
 * texts, else the list of them.
 */
export async function runStream<C>(
  label: string,
  source: Source<C> | (() => Source<C> | Promise<Source<C>>),
  options?: StepOptions<never>,
): Promise<C extends string ? string : C[]> {
  const read = async ({ signal }: { readonly signal: AbortSignal }) => {
    const stream = typeof source === 'function' ? await source() : source
    const chunks: C[] = []
    const { run } = currentScope()
    for await (const chunk of iterate(label, stream)) {
      signal.throwIfAborted()
      chunks.push(chunk)
      if (run !== undefined) emitChunk(run, chunk)
    }
    return chunks.length > 0 && chunks.every((chunk) => typeof chunk === 'string') ? chunks.join('') : chunks
  }
  return runStep(label, read as never, options) as never
}

function iterate<C>(label: string, stream: Source<C>): Source<C> {
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = (stream ?? {}) as Partial<
    AsyncIterable<C> & Iterable<C>
  >
  if (typeof asynchronous === 'function' || typeof synchronous === 'function') return stream
  throw expected(`stream "${label}"`, 'an iterable or an async iterable', stream)
}
