import { readVariables } from '@weir/config'

/** A server of WEIR_FLOW_SERVERS. Nothing else is ever asked. */
export interface FlowServer {
  /** Without a slash at its end. */
  readonly url: string
  readonly key: string | undefined
}

/** @throws ConfigError */
export function flowServers(): FlowServer[] {
  const { flowServers, flowServerKeys } = readVariables('dashboard')
  return flowServers.map((url) => ({ url, key: flowServerKeys.get(url) }))
}

/** Why a server gave nothing that can be used, in words for the reader of a page. */
export class FlowServerError extends Error {
  override readonly name = 'FlowServerError'
  readonly advice: string

  constructor(message: string, advice: string, cause?: unknown) {
    super(message, { cause })
    this.advice = advice
  }
}

/** Bytes of an answer that is read whole. */
const MAX_ANSWER = 4 * 1024 * 1024

/**
 * Asks a server. Redirects are not followed: the key is for this server alone.
 * @throws FlowServerError where it does not answer
 */
export async function ask(
  server: FlowServer,
  path: string,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<Response> {
  const headers = new Headers(init.headers)
  if (server.key !== undefined) headers.set('authorization', `Bearer ${server.key}`)
  try {
    return await fetch(`${server.url}${path}`, { ...init, headers, redirect: 'error', cache: 'no-store' })
  } catch (error) {
    throw silence(server, error)
  }
}

/** A name as a part of a path; undefined for `.` and `..`, which would lead to another one, escaped or not. */
export function segment(name: string): string | undefined {
  return /^\.{0,2}$/.test(name) ? undefined : encodeURIComponent(name)
}

/** @throws FlowServerError for what is no JSON, too much of it, or does not end in time */
export async function readJson(server: FlowServer, response: Response): Promise<unknown> {
  try {
    return JSON.parse(await readText(response.body, MAX_ANSWER))
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw silence(server, error)
    const what = error instanceof RangeError ? `more than ${MAX_ANSWER} bytes` : 'no JSON'
    throw new FlowServerError(
      `${server.url} answers ${what} (HTTP ${response.status}).`,
      'Expected the address at which serve of @weir/sdk answers, with its base, or the reflection server of a Genkit app.',
      error,
    )
  }
}

/** @throws RangeError beyond `maxBytes` */
export async function readText(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const bytes of (body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    size += bytes.byteLength
    if (size > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`)
    text += decoder.decode(bytes, { stream: true })
  }
  return text + decoder.decode()
}

function silence({ url }: FlowServer, error: unknown): FlowServerError {
  const advice = 'Start it, or take it out of WEIR_FLOW_SERVERS.'
  return new FlowServerError(`${url} does not answer: ${reasonOf(error)}.`, advice, error)
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error
  if (name === 'TimeoutError') return 'it took too long'
  const { code, message: why } = (cause ?? {}) as { readonly code?: string; readonly message?: string }
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no host of this name'
  return why || message
}
