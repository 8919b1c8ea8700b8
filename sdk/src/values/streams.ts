import type { Context } from '@opentelemetry/api'
import { builtin, finalizationRegistry } from '../platform.ts'
import { currentCapture } from '../runtime.ts'
import { GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK } from '../semconv.ts'
import { recordFailure } from '../spans/record-error.ts'
import { callIn, type ScopeFields } from '../spans/scope.ts'
import type { RecordedSpan } from '../spans/span.ts'
import { capture, type Subject } from './capture.ts'

/** Chunks that are kept to be recorded. */
const MAX_CHUNKS = 10_000
/** Characters of a chunk that is no text: `0,`. */
const LEAST_CHUNK = 2

/** What is recorded of a stream, and where. */
export interface StreamObservation {
  readonly span: RecordedSpan | undefined
  readonly subject: Subject
  /** Generators run in the scope of these fields, whoever reads them. */
  readonly fields: ScopeFields
  readonly base: Context
  /** Called once, when the stream was read, broken off or failed. */
  readonly finish: (failure?: { error: unknown }) => void
  /** Asked then: false if another output was recorded. Default: none was. */
  readonly records?: () => boolean
}

/**
 * An output that comes bit by bit: its span ends when it was read, broken off or failed, and records what was read and when the
 * first chunk came. Gives what to hand out in its place, or undefined for what is no stream.
 *
 * Iterables and generators are observed in place and stay the objects that they are. A Web stream gets a successor, since
 * `new Response(stream)` reads a stream past its methods.
 */
export function observeStream(output: unknown, observation: StreamObservation): object | undefined {
  if (!isStream(output)) return undefined
  const recorder = new StreamRecorder(observation)
  return output instanceof ReadableStream ? successorOf(output, recorder) : observeInPlace(output, recorder)
}

/** Async iterables, generators and Web streams that nobody reads yet. Streams of Node are read by events, unseen. */
export function isStream(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  try {
    if (value instanceof ReadableStream) return !value.locked
    const { EventEmitter } = builtin('node:events') ?? {}
    if (EventEmitter !== undefined && value instanceof EventEmitter) return false
    const isIterable =
      typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function' ||
      Object.prototype.toString.call(value) === '[object Generator]'
    return isIterable && Object.isExtensible(value)
  } catch {
    return false
  }
}

type AnyIterator = AsyncIterator<unknown> | Iterator<unknown>

/** What nobody read to its end by the time that nobody can any more. */
const abandoned = finalizationRegistry((recorder: StreamRecorder) => recorder.break())

class StreamRecorder {
  readonly #observation: StreamObservation
  readonly #chunks: unknown[] = []
  /** Characters that came, at least. */
  #length = 0
  #isText = true
  #count = 0
  #isOver = false

  constructor(observation: StreamObservation) {
    this.#observation = observation
  }

  scoped<R>(fn: () => R): R {
    const { fields, base } = this.#observation
    return callIn(fields, base, fn)
  }

  chunk(chunk: unknown): void {
    if (this.#isOver) return
    const { span } = this.#observation
    if (this.#count === 0) span?.set(GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK, span.elapsed / 1_000)
    this.#count += 1
    this.#isText &&= typeof chunk === 'string'
    if (this.#length <= currentCapture().maxLength && this.#chunks.length < MAX_CHUNKS) {
      this.#chunks.push(ArrayBuffer.isView(chunk) ? `[${chunk.byteLength} bytes]` : chunk)
    }
    this.#length += typeof chunk === 'string' ? chunk.length : LEAST_CHUNK
  }

  end(): void {
    this.#finish(() => this.#capture())
  }

  /** The reader wanted no more, or is gone. */
  break(): void {
    this.#finish(() => {
      if (this.#count > 0) this.#capture()
    })
  }

  fail(error: unknown): void {
    this.#finish(
      () => {
        if (this.#count > 0) this.#capture()
        const { span, subject } = this.#observation
        const { signal } = subject.scope
        recordFailure(span, error, subject, signal === undefined ? [] : [signal])
      },
      { error },
    )
  }

  #finish(record: () => void, failure?: { error: unknown }): void {
    if (this.#isOver) return
    this.#isOver = true
    record()
    this.#observation.finish(failure)
  }

  /** Texts in one piece, anything else as a list. */
  #capture(): void {
    const { span, subject, records } = this.#observation
    if (records?.() === false) return
    const output = this.#isText ? this.#chunks.join('') : this.#chunks
    const isWhole = this.#chunks.length === this.#count
    capture(span, 'output', subject, output, isWhole ? undefined : this.#length)
  }
}

function observeInPlace(source: object, recorder: StreamRecorder): object {
  abandoned.register(source, recorder)
  const iterable = source as Partial<AsyncIterable<unknown>> & Partial<AnyIterator>
  if (typeof iterable.next === 'function') observeIterator(source as AnyIterator, recorder)
  else {
    const iterate = iterable[Symbol.asyncIterator] as () => AsyncIterator<unknown>
    shadow(source, Symbol.asyncIterator, function observed(this: object) {
      const iterator = recorder.scoped(() => iterate.call(this))
      observeIterator(iterator, recorder)
      return iterator
    })
  }
  return source
}

/** Shadows the methods of one iterator. */
function observeIterator(iterator: AnyIterator, recorder: StreamRecorder): void {
  for (const method of ['next', 'return', 'throw'] as const) {
    const original = iterator[method] as ((...args: unknown[]) => unknown) | undefined
    if (typeof original !== 'function') continue
    shadow(iterator, method, (...args: unknown[]) => {
      const heard = (result: IteratorResult<unknown>) => {
        if (result.done !== true) recorder.chunk(result.value)
        else if (method === 'next') recorder.end()
        else recorder.break()
        return result
      }
      const failed = (error: unknown) => {
        recorder.fail(error)
        throw error
      }
      try {
        const result = recorder.scoped(() => original.apply(iterator, args))
        return result instanceof Promise ||
          typeof (result as Partial<PromiseLike<unknown>>)?.then === 'function'
          ? (result as Promise<IteratorResult<unknown>>).then(heard, failed)
          : heard(result as IteratorResult<unknown>)
      } catch (error) {
        return failed(error)
      }
    })
  }
}

function shadow(object: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(object, key, { value, configurable: true, writable: true, enumerable: false })
}

function successorOf(source: ReadableStream, recorder: StreamRecorder): ReadableStream {
  const reader = source.getReader()
  const successor = new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await recorder.scoped(() => reader.read())
          if (done) {
            recorder.end()
            controller.close()
          } else {
            recorder.chunk(value)
            controller.enqueue(value)
          }
        } catch (error) {
          recorder.fail(error)
          controller.error(error)
        }
      },
      async cancel(reason) {
        recorder.break()
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  abandoned.register(successor, recorder)
  return successor
}
