import type { Tracer } from '@opentelemetry/api'
import { checkKnown, expected } from '../errors.ts'
import { observeEmbed, observeGenerate } from './ai-sdk.ts'
import { withoutMessages } from './anthropic-tracer.ts'
import { chatCompletions } from './chat-completions.ts'
import { embeddings } from './embeddings.ts'
import { messages } from './messages.ts'
import { providerAt, providerOfModel } from './provider-names.ts'
import { type ObservedMethod, observeRequest } from './request-method.ts'
import { responses } from './responses.ts'

export interface ObserveOptions {
  /** Who serves the models, such as `openai`. Default: the client's host (`api.groq.com` is `groq`), or what the model says. */
  readonly provider?: string | undefined
}

/** What is observed, by where a client has it. */
const METHODS: ReadonlyMap<string, ObservedMethod> = new Map([
  ['chat.completions.create', observeRequest(chatCompletions)],
  // In openai 4 only helpers are there, which call the one above.
  ['beta.chat.completions.create', observeRequest(chatCompletions)],
  ['responses.create', observeRequest(responses)],
  ['beta.responses.create', observeRequest(responses)],
  ['embeddings.create', observeRequest(embeddings)],
  ['messages.create', observeRequest(messages)],
  ['beta.messages.create', observeRequest(messages)],
  ['doGenerate', observeGenerate],
  ['doStream', observeGenerate],
  ['doEmbed', observeEmbed],
])

const SUPPORTED =
  'an OpenAI-compatible client (chat.completions, responses, embeddings), an Anthropic client (messages), or a language or embedding model of the AI SDK'

const KNOWN = new Set(['provider'])

const observed = new WeakSet<object>()

/**
 * The same client, whose calls are recorded as model spans below the current step or run: provider, models, messages, tokens, finish
 * reason and error, of streams too. It behaves as the client does, which itself is left alone and stays unobserved.
 *
 * @example
 * const openai = observe(new OpenAI())
 * const anthropic = observe(new Anthropic())
 * const model = observe(groq('llama-3.3-70b'))
 *
 * @throws UsageError if it is none of the clients that are known
 */
export function observe<T extends object>(client: T, options: ObserveOptions = {}): T {
  if (typeof client !== 'object' || client === null) throw expected('client', SUPPORTED, client)
  if (observed.has(client)) return client
  if (![...METHODS.keys()].some((path) => isMethod(client, path))) throw expected('client', SUPPORTED, client)
  checkKnown('options of observe', options, KNOWN)
  const { provider } = options
  if (provider !== undefined && (typeof provider !== 'string' || provider === ''))
    throw expected('provider', 'a non-empty string', provider)
  return new ObservedClient(client, options).view(client, '') as T
}

function isMethod(client: object, path: string): boolean {
  let value: unknown = client
  for (const key of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[key]
  return typeof value === 'function'
}

type Method = (...args: unknown[]) => unknown

/** A client and the resources on the way to its observed methods, seen through proxies that lead to each other only. */
class ObservedClient {
  readonly #client: object
  readonly #options: ObserveOptions
  readonly #views = new Map<object, object>()
  readonly #methods = new Map<string, { readonly method: Method; readonly wrapped: Method }>()

  constructor(client: object, options: ObserveOptions) {
    this.#client = client
    this.#options = options
  }

  view(target: object, path: string): object {
    const before = this.#views.get(target)
    if (before !== undefined) return before
    const view = new Proxy(target, {
      get: (_, key) => this.#get(target, path, key),
      set: (_, key, value) => Reflect.set(target, key, value),
    })
    this.#views.set(target, view)
    observed.add(view)
    return view
  }

  #get(target: object, path: string, key: string | symbol): unknown {
    // Getters and methods of a client need the client itself, for its private fields.
    const value: unknown = Reflect.get(target, key, target)
    if (typeof key === 'symbol') return value
    // Helpers of a resource (`messages.stream`, `chat.completions.parse`) call the client that they find here.
    if (key === '_client' && value === this.#client) return this.view(this.#client, '')
    if (key === '_tracer' && target === this.#client && value) return withoutMessages(value as Tracer)
    const inner = path === '' ? key : `${path}.${key}`
    if (typeof value === 'function') return this.#method(target, inner, value as Method)
    const leads = typeof value === 'object' && value !== null && leadsToMethod(inner)
    return leads ? this.view(value as object, inner) : value
  }

  #method(target: object, path: string, method: Method): Method {
    const observedMethod = METHODS.get(path)
    const isBound = target === this.#client && path !== 'constructor' && !Object.hasOwn(target, path)
    if (observedMethod === undefined && !isBound) return method
    const before = this.#methods.get(path)
    if (before?.method === method) return before.wrapped
    const wrapped = observedMethod ? this.#observe(target, method, observedMethod) : this.#bind(path, method)
    this.#methods.set(path, { method, wrapped })
    return wrapped
  }

  #bind(name: string, method: Method): Method {
    const client = this.#client
    if (name !== 'withOptions') return method.bind(client)
    return (...args) => observe(method.apply(client, args) as object, this.#options)
  }

  #observe(target: object, method: Method, observedMethod: ObservedMethod): Method {
    const root = this.#client
    // A resource finds its client through its view; a model has private fields.
    const self = target === root ? root : this.#views.get(target)
    const invoke = (...args: readonly unknown[]) => method.apply(self, [...args])
    return (...args) => observedMethod({ root, args, invoke, provider: this.#provider() })
  }

  #provider(): string {
    const { baseURL, provider } = this.#client as { baseURL?: unknown; provider?: unknown }
    return this.#options.provider ?? providerAt(baseURL) ?? providerOfModel(provider) ?? 'unknown'
  }
}

function leadsToMethod(path: string): boolean {
  return [...METHODS.keys()].some((method) => method.startsWith(`${path}.`))
}
