import { type Metadata, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js'
import type { MemoryBudget } from '../http/body.ts'
import { type Refusal, refusal, refusalOf, unavailable } from './status.ts'

/** Calls that are open at the same time, over all connections. */
const MAX_OPEN_CALLS = 256
/** Milliseconds within which a message has to arrive whole. */
const RECEIVE_TIMEOUT = 60_000

export interface AdmissionOptions {
  readonly budget: MemoryBudget
  /** The project that a call writes to, by its metadata; rejects where it may not. */
  readonly authorise: (metadata: Metadata) => Promise<string>
  /** Told once how each call ended: the name of a gRPC status, or `aborted` where nothing of ours answered. */
  readonly observe: (status: string, seconds: number) => void
}

/**
 * Decides on a call by its metadata, before its message is read. The library reads a message whole before anyone sees
 * it: what unread messages take is bounded by the number of open calls, what is read by the budget.
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #projects = new WeakMap<Metadata, string>()
  #open = 0

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** The project of an admitted call. */
  projectOf(metadata: Metadata): string {
    return this.#projects.get(metadata)!
  }

  readonly interceptor: ServerInterceptor = (_method, call) => {
    const began = performance.now()
    let answer = 'aborted'
    let late: NodeJS.Timeout | undefined
    const wrapped: ServerInterceptingCall = new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            this.#open += 1
            late = setTimeout(() => wrapped.sendStatus(LATE), RECEIVE_TIMEOUT)
            void this.#admit(metadata).then((refused) => {
              if (refused === undefined) pass(metadata)
              else wrapped.sendStatus(refused)
            })
          },
          onReceiveMessage: (message, pass) => {
            clearTimeout(late)
            pass(message)
          },
          // The end of every call, answered or not.
          onCancel: () => {
            clearTimeout(late)
            this.#open -= 1
            this.#options.observe(answer, (performance.now() - began) / 1000)
          },
        }),
      sendStatus: (sent, next) => {
        answer = status[sent.code]
        next(sent)
      },
    })
    return wrapped
  }

  /** Undefined where the call may go on. */
  async #admit(metadata: Metadata): Promise<Refusal | undefined> {
    if (this.#open > MAX_OPEN_CALLS) return unavailable('too many calls are open. Try again', 1)
    if (!this.#options.budget.take(0)) return FULL
    try {
      this.#projects.set(metadata, await this.#options.authorise(metadata))
      return undefined
    } catch (error) {
      return refusalOf(error) ?? refusal(status.INTERNAL, 'the call could not be authorised')
    }
  }
}

/** Memory is full of spans that are on their way. */
export const FULL: Refusal = unavailable('too many spans are on their way to be stored. Try again', 1)
const LATE = refusal(
  status.DEADLINE_EXCEEDED,
  `the message did not arrive within ${RECEIVE_TIMEOUT / 1000} s. Try again`,
)
