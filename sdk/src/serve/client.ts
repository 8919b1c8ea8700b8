import { checkKnown, expected } from '../errors.ts'
import type { Flow } from '../flow/flow.ts'
import type { Json } from './json.ts'
import { readEvents } from './server-sent-events.ts'

export interface ClientOptions {
  /** Sent with every request, such as `authorization`, or `() => flow.context()` to go on with the caller's run. */
  readonly headers?: Readonly<Record<string, string>> | (() => object | Promise<object>) | undefined
  /** Default: that of the runtime. */
  readonly fetch?: typeof fetch | undefined
}

export interface CallOptions {
  readonly session?: string | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** Cancels the run, too. */
  readonly signal?: AbortSignal | undefined
}

/** A run on a server. */
export interface RemoteRun<O, C> extends AsyncIterable<C> {
  readonly id: Promise<string>
  readonly result: Promise<O>
  cancel(): void
  /** The chunks as they come, for one reader. */
  [Symbol.asyncIterator](): AsyncIterator<C, void>
}

type RemoteFlow<F> =
  F extends Flow<infer I, infer O, infer C>
    ? {
        run(...args: CallArguments<I>): Promise<Output<O>>
        start(...args: CallArguments<I>): RemoteRun<Output<O>, Chunk<O, C>>
      }
    : never

type CallArguments<I> = undefined extends I
  ? [input?: I, options?: CallOptions]
  : [input: I, options?: CallOptions]
/** A stream arrives as its chunks, or as the list of them. */
type Output<O> = O extends AsyncIterable<infer C> | (Iterable<infer C> & { next: unknown })
  ? Json<C>[]
  : Json<O>
type Chunk<O, C> = Json<O extends AsyncIterable<infer D> ? D : C>

/** The flows of a server, with the types that values have there, as JSON. */
export type Client<F> = { readonly [K in keyof F]: RemoteFlow<F[K]> }

/** What the server, or a flow on it, said in place of an output. */
export class RemoteFlowError extends Error {
  override readonly name = 'RemoteFlowError'
  readonly code = 'REMOTE_FLOW'
  /** The HTTP status. */
  readonly status: number
  /** The class of the error on the server, as far as the server says it. */
  readonly type: string
  readonly runId: string | undefined
  readonly issues: unknown

  constructor(status: number, body: unknown) {
    const { error, runId } = (body ?? {}) as { error?: Readonly<Record<string, unknown>>; runId?: string }
    super(typeof error?.message === 'string' ? error.message : `HTTP ${status}`)
    this.status = status
    this.type = String(error?.type ?? 'Error')
    this.runId = runId
    this.issues = error?.issues
  }
}

const KNOWN = new Set(['headers', 'fetch'])
const KNOWN_OF_CALL = new Set(['session', 'metadata', 'signal'])

/** In a browser a path is one too. `localhost:3000` is a URL whose scheme is `localhost`. */
function isAddress(url: unknown): url is string {
  return typeof url === 'string' && (!URL.canParse(url) || /^https?:/i.test(url))
}

/**
 * Calls the flows that `serve` offers at `url`, from a browser or another server:
 * `client<typeof flows>('https://example.org/api').research.run({ query })`.
 */
export function client<F extends object>(url: string, options: ClientOptions = {}): Client<F> {
  checkKnown('options of client', options, KNOWN)
  if (!isAddress(url)) throw expected('client', 'an http or https URL, or a path such as "/api"', url)
  const base = url.replace(/\/+$/, '')
  const send = async (name: string, input: unknown, call: CallOptions, accept: string): Promise<Response> => {
    checkKnown('options of a call', call, KNOWN_OF_CALL)
    const { session, metadata, signal } = call
    const headers = typeof options.headers === 'function' ? await options.headers() : options.headers
    return (options.fetch ?? fetch)(`${base}/flows/${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { ...(headers as Record<string, string>), 'content-type': 'application/json', accept },
      body: JSON.stringify({ input, session, metadata }),
      ...(signal === undefined ? {} : { signal }),
    })
  }
  return new Proxy({} as Client<F>, {
    get: (_, name) =>
      typeof name === 'symbol' || name === 'then'
        ? undefined
        : {
            run: async (input: unknown, call: CallOptions = {}) => {
              const response = await send(name, input, call, 'application/json')
              const body = await response.json().catch(() => undefined)
              if (response.status === 202) {
                const error = { type: 'Suspended', message: 'the run is suspended, and goes on later' }
                throw new RemoteFlowError(202, { ...(body as object), error })
              }
              if (!response.ok) throw new RemoteFlowError(response.status, body)
              return (body as { output?: unknown }).output
            },
            start: (input: unknown, call: CallOptions = {}) => {
              const stop = new AbortController()
              const signals = [stop.signal, call.signal].filter((signal) => signal !== undefined)
              const signal = AbortSignal.any(signals)
              return startRemote(send(name, input, { ...call, signal }, 'text/event-stream'), () =>
                stop.abort(),
              )
            },
          },
  })
}

function startRemote(response: Promise<Response>, cancel: () => void): RemoteRun<unknown, unknown> {
  const id = Promise.withResolvers<string>()
  const result = Promise.withResolvers<unknown>()
  const chunks: unknown[] = []
  let news = Promise.withResolvers<void>()
  let isOver = false
  const announce = () => {
    news.resolve()
    news = Promise.withResolvers()
  }
  const read = async () => {
    const answer = await response
    if (!answer.ok || answer.body === null) {
      throw new RemoteFlowError(answer.status, await answer.json().catch(() => undefined))
    }
    const all: unknown[] = []
    let runId: string | undefined
    for await (const { event, data } of readEvents(answer.body)) {
      if (event === 'run') {
        runId = (data as { runId: string }).runId
        id.resolve(runId)
      } else if (event === 'chunk') {
        chunks.push(data)
        all.push(data)
        announce()
      } else if (event === 'output') {
        return data
      } else if (event === 'end') {
        return all
      } else if (event === 'error') {
        throw new RemoteFlowError((data as { status: number }).status, { error: data, runId })
      }
    }
    throw new RemoteFlowError(answer.status, { error: { message: 'the answer broke off' }, runId })
  }
  read()
    .then(result.resolve, (error: unknown) => {
      id.reject(error)
      result.reject(error)
    })
    .finally(() => {
      isOver = true
      announce()
    })
  // Nobody has to wait for either.
  id.promise.catch(() => {})
  result.promise.catch(() => {})
  return {
    id: id.promise,
    result: result.promise,
    cancel,
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (chunks.length > 0) yield chunks.shift()
        if (isOver) break
        await news.promise
      }
      await result.promise
    },
  }
}
