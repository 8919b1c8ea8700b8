import type { IncomingMessage } from 'node:http'
import { builtin, environmentVariable } from '../platform.ts'
import type { ReadableSpan } from '../spans/span.ts'
import { VERSION } from '../version.ts'
import { warn } from '../warn.ts'
import { writeRequest } from './otlp-json.ts'
import type { ExportResult, SpanExporter } from './span-exporter.ts'

/** Milliseconds for one request; also the longest that a dead collector delays the end of a process. */
const TIMEOUT = 3_000
/** Characters of an answer that are read. */
const MAX_ANSWER = 65_536
/** https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE = new Set([429, 502, 503, 504])
const NO_COLLECTOR = new Set([403, 404, 405])

/** Why spans were not taken. */
class ExportError extends Error {
  override readonly name = 'ExportError'
  /** The HTTP status, where it forbids another try. */
  readonly code?: number
  /** Milliseconds that the collector asks to wait, where it answered that it takes the spans later. */
  readonly retryAfter?: number
  /** So many spans were left out; the others are stored. */
  readonly rejected?: number

  constructor(message: string, details: Pick<ExportError, 'code' | 'retryAfter' | 'rejected'> = {}) {
    super(message)
    Object.assign(this, details)
  }
}

/** What is posted. */
export interface OtlpRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Posts OTLP/JSON, once. Unlike OpenTelemetry's exporter it leaves trying again to the queue, passes on what the collector
 * says (`Retry-After`, rejected spans), and is answered or fails within its timeout, however slow the answer drips.
 */
export class OtlpExporter implements SpanExporter {
  readonly #url: string
  /** For messages: without a password or token that the URL may have. */
  readonly #address: string
  readonly #headers: Readonly<Record<string, string>>
  /** Milliseconds. */
  readonly #timeout: number
  readonly #gzip: boolean
  readonly #post: Post

  /** @throws TypeError if a header cannot be sent. */
  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url
    const { origin, pathname } = new URL(url)
    this.#address = `${origin}${pathname}`
    const all = {
      ...headersFromEnv(),
      ...headers,
      'content-type': 'application/json',
      'user-agent': `weir-sdk/${VERSION}`,
    }
    this.#headers = Object.fromEntries(new Headers(all).entries())
    this.#timeout = Number(otlpVariable('TIMEOUT') ?? TIMEOUT) || TIMEOUT
    this.#gzip = otlpVariable('COMPRESSION') === 'gzip'
    this.#post = postByNode(url) ?? postByFetch
  }

  /** @throws if a span cannot be written. */
  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#send(writeRequest(spans)).then(
      () => done({ code: 0 }),
      (error: Error) => done({ code: 1, error }),
    )
  }

  async shutdown(): Promise<void> {}

  /** The same as a request, for who must send it in another way. */
  requestOf(spans: readonly ReadableSpan[]): OtlpRequest {
    return { url: this.#url, headers: this.#headers, body: writeRequest(spans) }
  }

  async #send(json: string): Promise<void> {
    const signal = AbortSignal.timeout(this.#timeout)
    const [body, headers] = this.#gzip
      ? [await gzip(json), { ...this.#headers, 'content-encoding': 'gzip' }]
      : [new TextEncoder().encode(json), this.#headers]
    let response: PostResponse
    try {
      response = await this.#post({ url: this.#url, headers, body, signal })
    } catch (error) {
      throw signal.aborted
        ? new ExportError(`no answer within ${this.#timeout} ms`)
        : reasonOf(error, this.#address)
    }
    const { status } = response
    const { message, partialSuccess } = parseAnswer(await readAnswer(response.chunks))
    if (status >= 200 && status <= 299) {
      const rejected = Number(partialSuccess?.rejectedSpans ?? 0)
      if (rejected > 0) throw new ExportError(partialSuccess?.errorMessage || 'rejected', { rejected })
      return
    }
    // What listens there takes no traces, or not at this path.
    const hint = NO_COLLECTOR.has(status) ? `, expected a collector at ${this.#address}` : ''
    const said = message === undefined ? hint : `: ${message}`
    const text = `${response.statusText || 'no reason given'}${said}`
    if (!RETRYABLE.has(status)) throw new ExportError(text, { code: status })
    throw new ExportError(`HTTP ${status} ${text}`, { retryAfter: toDelay(response.retryAfter) })
  }
}

interface PostRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
  readonly signal: AbortSignal
}

interface PostResponse {
  readonly status: number
  readonly statusText: string
  readonly retryAfter: string | undefined
  readonly chunks: AsyncIterable<Uint8Array | string>
}

type Post = (request: PostRequest) => Promise<PostResponse>

/** By Node's own client: it takes certificates, and is not what applications patch. */
function postByNode(url: string): Post | undefined {
  const isSecure = url.startsWith('https:')
  const [http, https] = [builtin('node:http'), builtin('node:https')]
  if (http === undefined || https === undefined) return undefined
  const agent = isSecure
    ? new https.Agent({ keepAlive: true, ...certificatesFromEnv() })
    : new http.Agent({ keepAlive: true })
  return async ({ headers, body, signal }) => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': body.byteLength },
        signal,
      }
      const sent = (isSecure ? https : http).request(url, options, resolve)
      sent.on('error', reject)
      sent.end(body)
    })
    return {
      status: response.statusCode ?? 0,
      statusText: response.statusMessage ?? '',
      retryAfter: response.headers['retry-after'],
      chunks: response,
    }
  }
}

const postByFetch: Post = async ({ url, ...request }) => {
  const response = await fetch(url, { method: 'POST', ...request })
  return {
    status: response.status,
    statusText: response.statusText,
    retryAfter: response.headers.get('retry-after') ?? undefined,
    chunks: (response.body ?? []) as unknown as AsyncIterable<Uint8Array>,
  }
}

/** `fetch` says what happened in the cause. Few errors of a connection say where it led to. */
function reasonOf(error: unknown, address: string): Error {
  const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause : error
  const { code, message } = cause as Error & { readonly code?: unknown }
  const reason = new Error(`${String(message).trim()}, sending to ${address}`, { cause })
  return typeof code === 'string' ? Object.assign(reason, { code }) : reason
}

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const compressed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(compressed).arrayBuffer())
}

/** The status has decided by now: an answer that breaks off is as good as an empty one. */
async function readAnswer(chunks: AsyncIterable<Uint8Array | string>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of chunks) {
      if (text.length < MAX_ANSWER)
        text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    }
  } catch {}
  return text
}

interface Answer {
  readonly message?: string
  readonly partialSuccess?: { readonly rejectedSpans?: unknown; readonly errorMessage?: string }
}

/** `ExportTraceServiceResponse` or `Status`, if it is one: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
function parseAnswer(text: string): Answer {
  try {
    const { message, partialSuccess } = JSON.parse(text) as Answer
    return {
      ...(typeof message === 'string' && message !== '' ? { message } : {}),
      ...(typeof partialSuccess === 'object' && partialSuccess !== null ? { partialSuccess } : {}),
    }
  } catch {
    return {}
  }
}

/** `Retry-After: 120`, or a date, in milliseconds. */
function toDelay(retryAfter = '0'): number {
  const delay = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now()
  return Number.isNaN(delay) ? 0 : Math.max(delay, 0)
}

/** The variable for traces, or the one for all signals. */
function otlpVariable(name: string): string | undefined {
  return (
    environmentVariable(`OTEL_EXPORTER_OTLP_TRACES_${name}`) ??
    environmentVariable(`OTEL_EXPORTER_OTLP_${name}`)
  )
}

function headersFromEnv(): Record<string, string> {
  return {
    ...parseHeaders(environmentVariable('OTEL_EXPORTER_OTLP_HEADERS')),
    ...parseHeaders(environmentVariable('OTEL_EXPORTER_OTLP_TRACES_HEADERS')),
  }
}

/** `name=value,other=percent%20encoded`: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
function parseHeaders(text = ''): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=')
    if (at < 1) continue
    try {
      headers[pair.slice(0, at).trim()] = decodeURIComponent(pair.slice(at + 1).trim())
    } catch {
      headers[pair.slice(0, at).trim()] = pair.slice(at + 1).trim()
    }
  }
  return headers
}

function certificatesFromEnv(): Partial<Record<'ca' | 'cert' | 'key', Buffer>> {
  const variables = { ca: 'CERTIFICATE', cert: 'CLIENT_CERTIFICATE', key: 'CLIENT_KEY' } as const
  const read = Object.entries(variables).flatMap(([option, variable]) => {
    const path = otlpVariable(variable)
    if (path === undefined) return []
    try {
      return [[option, builtin('node:fs')!.readFileSync(path)] as const]
    } catch (error) {
      warn(
        'certificate',
        `OTEL_EXPORTER_OTLP_${variable}: expected a file that can be read: ${String(error)}`,
      )
      return []
    }
  })
  return Object.fromEntries(read)
}
