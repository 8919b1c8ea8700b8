import type { UnderlyingSource } from 'node:stream/web'
import { finalizationRegistry } from '../platform.ts'

/** Learns what a consumer gets of a stream. */
export interface StreamListener {
  chunk(value: unknown): void
  /** The stream is over, or its consumer left. */
  end(): void
  fail(error: unknown): void
}

type Iterate = (this: unknown, ...args: unknown[]) => AsyncIterator<unknown>

/**
 * Watches a stream of an API's client in place. All its ways out (iteration, `tee`, `toReadableStream`) go through its field
 * `iterator`; of another async iterable, what iteration yields is watched.
 */
export function watchStream(stream: AsyncIterable<unknown>, listener: StreamListener): void {
  const fields = stream as unknown as Record<string | symbol, Iterate>
  const key = typeof fields.iterator === 'function' ? 'iterator' : Symbol.asyncIterator
  const iterate = fields[key] as Iterate
  let isWatched = false
  const watched: Iterate = function (...args) {
    const iterator = iterate.apply(this, args)
    // A second iteration only learns that there is nothing left.
    if (isWatched) return iterator
    isWatched = true
    forgetAbandonment(stream)
    watchIterator(iterator, listener)
    return iterator
  }
  Object.defineProperty(stream, key, { value: watched, writable: true, configurable: true })
  whenAbandoned(stream, listener)
}

function watchIterator(iterator: AsyncIterator<unknown>, listener: StreamListener): void {
  const next = iterator.next.bind(iterator)
  iterator.next = (...args) =>
    next(...args).then(
      (result) => {
        if (result.done) listener.end()
        else listener.chunk(result.value)
        return result
      },
      (error) => {
        listener.fail(error)
        throw error
      },
    )
  for (const leave of ['return', 'throw'] as const) {
    const original = iterator[leave]?.bind(iterator)
    if (original === undefined) continue
    iterator[leave] = (value?: unknown) => {
      listener.end()
      return original(value)
    }
  }
  whenAbandoned(iterator, listener)
}

/** The same chunks in a Web stream of its own, since nobody but its reader sees what a Web stream yields. */
export function watchedStream(stream: ReadableStream, listener: StreamListener): ReadableStream {
  const reader = stream.getReader()
  const source: UnderlyingSource = {
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) {
          listener.end()
          controller.close()
        } else {
          listener.chunk(value)
          controller.enqueue(value)
        }
      } catch (error) {
        listener.fail(error)
        controller.error(error)
      }
    },
    cancel(reason) {
      listener.end()
      return reader.cancel(reason)
    },
  }
  // Nothing is read before it is asked for.
  const watched = new ReadableStream(source, { highWaterMark: 0 })
  whenAbandoned(watched, listener)
  return watched
}

const abandoned = finalizationRegistry((listener: Pick<StreamListener, 'end'>) => listener.end())

/** Tells the listener, which must not lead to the object, when nothing else does: then nobody will ever read it. */
export function whenAbandoned(object: object, listener: Pick<StreamListener, 'end'>): void {
  abandoned.register(object, listener, object)
}

function forgetAbandonment(object: object): void {
  abandoned.unregister(object)
}
