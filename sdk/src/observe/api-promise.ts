import { watchBody } from './watch-body.ts'
import { type StreamListener, whenAbandoned } from './watch-stream.ts'

/**
 * What the clients of OpenAI, Anthropic and others of their generator return. It sends at once, and reads the response when it is
 * first awaited; `asResponse` gives the response unread. `_thenUnwrap` makes another one that passes the answer through a function.
 */
interface ApiPromise extends Promise<unknown> {
  asResponse(): Promise<unknown>
  parseResponse(...args: unknown[]): unknown
  _thenUnwrap(transform: (value: unknown) => unknown): ApiPromise
}

export function isApiPromise(value: unknown): value is ApiPromise {
  const promise = value as Partial<ApiPromise> | null | undefined
  return typeof promise?._thenUnwrap === 'function' && typeof promise.asResponse === 'function'
}

interface PromiseListener extends StreamListener {
  value(value: unknown): void
}

/** The same promise with a listener, which makes nobody read a response who wants it raw. */
export function watchApiPromise(promise: ApiPromise, listener: PromiseListener): ApiPromise {
  const use: Use = { isUsed: false, isRead: false }
  const watched = promise._thenUnwrap((value) => {
    listener.value(value)
    return value
  })
  watchUse(watched, use, listener)
  promise.asResponse().catch((error) => {
    listener.fail(error)
    // Nobody would learn that it failed, since it is handled here.
    if (!use.isUsed) void Promise.reject(error)
  })
  const end = () => {
    if (!use.isRead) listener.end()
  }
  whenAbandoned(watched, { end })
  return watched
}

/** What became of a promise and of those made of it. */
interface Use {
  isUsed: boolean
  /** The response is being read, or has been. */
  isRead: boolean
}

const USES = ['then', 'catch', 'finally', 'withResponse', 'asResponse', '_thenUnwrap', '_responseProps']

function watchUse(promise: ApiPromise, use: Use, listener: PromiseListener): void {
  const { parseResponse } = promise
  promise.parseResponse = async function (...args) {
    use.isRead = true
    try {
      return await parseResponse.apply(this, args)
    } catch (error) {
      listener.fail(error)
      throw error
    }
  }
  const methods = promise as unknown as Record<string, (...args: unknown[]) => unknown>
  for (const name of USES) {
    const method = methods[name]
    if (method === undefined) continue
    methods[name] = (...args) => {
      use.isUsed = true
      const result = method.apply(promise, args)
      if (name === '_thenUnwrap') watchUse(result as ApiPromise, use, listener)
      if (name === 'asResponse') return readByCaller(result as Promise<unknown>, use, listener)
      if (name === '_responseProps') return readByHelper(result as Promise<Props>, use, listener)
      return result
    }
  }
}

/** Whoever takes the raw response, and nothing else, reads it unseen: the call ends. */
async function readByCaller(response: Promise<unknown>, use: Use, listener: PromiseListener) {
  const value = await response
  if (!use.isRead) listener.end()
  return value
}

interface Props {
  readonly response: Response
  readonly options?: { readonly stream?: boolean }
}

/** Anthropic's threads take the response here. If it is a stream, they read it themselves; else they await the promise. */
async function readByHelper(taken: Promise<Props>, use: Use, listener: PromiseListener) {
  const props = await taken
  if (props.options?.stream && !use.isRead) {
    use.isRead = true
    try {
      watchBody(props.response, listener)
    } catch {
      // A response of an unknown form is read unseen.
      listener.end()
    }
  }
  return props
}
