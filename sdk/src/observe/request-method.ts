import type { Api, Question } from './api.ts'
import { isApiPromise, watchApiPromise } from './api-promise.ts'
import { type OpenCall, recordCall } from './record-call.ts'
import { type StreamListener, watchStream } from './watch-stream.ts'

/** A call of a method that is observed. */
interface MethodCall {
  /** The client or model that was observed. */
  readonly root: object
  readonly invoke: (...args: readonly unknown[]) => unknown
  readonly args: readonly unknown[]
  readonly provider: string
}

/** Makes the call, and returns what the method returns. */
export type ObservedMethod = (call: MethodCall) => unknown

/** Observes a method that sends a request and returns the answer, or a stream of it. */
export function observeRequest<Body, Event>(api: Api<Body, Event>): ObservedMethod {
  return ({ invoke, args, provider }) => {
    const signal = (args[1] as RequestOptions | undefined)?.signal
    return recordCall(questionOf(api, args[0]), provider, signal, (call) => {
      const listener = new AnswerListener(api, call, signal)
      const result = invoke(...args)
      if (isApiPromise(result)) return watchApiPromise(result, listener)
      if (!(result instanceof Promise)) listener.value(result)
      else
        result.then(
          (value) => listener.value(value),
          (error) => listener.fail(error),
        )
      return result
    })
  }
}

export function questionOf<Body, Event>(api: Api<Body, Event>, request: unknown): Question {
  try {
    return api.question(request as never)
  } catch {
    return { operation: 'chat', model: undefined, input: undefined }
  }
}

interface RequestOptions {
  readonly signal?: AbortSignal | null
}

/** Makes an answer of what the client returns. It does not lead to the promise or stream that it listens to. */
export class AnswerListener<Body, Event> implements StreamListener {
  readonly #api: Api<Body, Event>
  readonly #call: OpenCall
  readonly #signal: AbortSignal | null | undefined
  #body: Body | undefined

  /** @param signal with which the caller can stop the call */
  constructor(api: Api<Body, Event>, call: OpenCall, signal: AbortSignal | null | undefined) {
    this.#api = api
    this.#call = call
    this.#signal = signal
  }

  value(value: unknown): void {
    try {
      if (isAsyncIterable(value)) watchStream(value, this)
      else this.#call.end(() => this.#api.answer(value as Body))
    } catch {
      // It cannot be watched, so nobody knows when it ends.
      this.#call.end()
    }
  }

  chunk(event: unknown): void {
    try {
      if (this.#api.isPiece(event as Event)) this.#call.answering()
      this.#body = this.#api.fold(this.#body, event as Event)
    } catch {
      // An event of an unknown form is left out of the record.
    }
  }

  end(): void {
    this.#call.end(this.#answer)
  }

  fail(error: unknown): void {
    // Clients have errors of their own for a call that its signal stopped.
    const signal = this.#signal
    this.#call.fail(signal?.aborted ? signal.reason : error, this.#answer)
  }

  readonly #answer = () => (this.#body === undefined ? undefined : this.#api.answer(this.#body))
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof (value as Partial<AsyncIterable<unknown>> | null)?.[Symbol.asyncIterator] === 'function'
}
