import { readFileSync } from 'node:fs'
import http, { type IncomingMessage, validateHeaderName, validateHeaderValue } from 'node:http'
import https from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import {
  type ExportResult,
  ExportResultCode,
  getNumberFromEnv,
  getStringFromEnv,
  parseKeyPairsIntoRecord,
} from '@opentelemetry/core'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { VERSION } from './version.ts'
import { warn } from './warn.ts'

/** Milliseconds for one request; also the longest that a dead collector delays the end of a process. */
const TIMEOUT = 3_000
/** Characters of an answer that are read. */
const MAX_ANSWER = 65_536
/** https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE = new Set([429, 502, 503, 504])

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

/**
 * Posts OTLP/JSON, once. Unlike OpenTelemetry's exporter it leaves trying again to the queue, passes on what the collector
 * says (`Retry-After`, rejected spans), and is answered or fails within its timeout, however slow the answer drips.
 */
export class OtlpExporter implements SpanExporter {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeout: number
  readonly #gzip: boolean
  readonly #agent: http.Agent

  /** @throws TypeError if a header cannot be sent. */
  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url
    this.#headers = { ...headersFromEnv(), ...headers }
    for (const [name, value] of Object.entries(this.#headers)) {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    }
    this.#timeout =
      getNumberFromEnv('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT') ??
      getNumberFromEnv('OTEL_EXPORTER_OTLP_TIMEOUT') ??
      TIMEOUT
    this.#gzip = otlpVariable('COMPRESSION')?.trim() === 'gzip'
    this.#agent = url.startsWith('https:')
      ? new https.Agent({ keepAlive: true, ...certificatesFromEnv() })
      : new http.Agent({ keepAlive: true })
  }

  /** @throws if a span cannot be written. */
  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const json = JsonTraceSerializer.serializeRequest(spans)
    if (json === undefined) throw new ExportError('the spans could not be written')
    this.#post(json).then(
      () => done({ code: ExportResultCode.SUCCESS }),
      (error: Error) => done({ code: ExportResultCode.FAILED, error }),
    )
  }

  async shutdown(): Promise<void> {}

  async #post(json: Uint8Array): Promise<void> {
    const response = await this.#request(this.#gzip ? await promisify(gzip)(json) : json)
    const status = response.statusCode ?? 0
    const { message, partialSuccess } = parseAnswer(await readAnswer(response))
    if (status >= 200 && status <= 299) {
      const rejected = Number(partialSuccess?.rejectedSpans ?? 0)
      if (rejected > 0) throw new ExportError(partialSuccess?.errorMessage || 'rejected', { rejected })
      return
    }
    const said = message === undefined ? '' : `: ${message}`
    const text = `${response.statusMessage || 'no reason given'}${said}`
    if (!RETRYABLE.has(status)) throw new ExportError(text, { code: status })
    throw new ExportError(`HTTP ${status} ${text}`, { retryAfter: toDelay(response.headers['retry-after']) })
  }

  #request(body: Uint8Array): Promise<IncomingMessage> {
    const options = {
      method: 'POST',
      agent: this.#agent,
      headers: {
        ...this.#headers,
        'content-type': 'application/json',
        'content-length': body.byteLength,
        ...(this.#gzip ? { 'content-encoding': 'gzip' } : {}),
        'user-agent': `weir-sdk/${VERSION}`,
      },
      signal: AbortSignal.timeout(this.#timeout),
    }
    return new Promise((resolve, reject) => {
      const { request } = this.#url.startsWith('https:') ? https : http
      const sent = request(this.#url, options, resolve)
      sent.on('error', (error) => {
        reject(options.signal.aborted ? new ExportError(`no answer within ${this.#timeout} ms`) : error)
      })
      sent.end(body)
    })
  }
}

/** The status has decided by now: an answer that breaks off is as good as an empty one. */
async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = ''
  try {
    for await (const chunk of response.setEncoding('utf8')) if (text.length < MAX_ANSWER) text += chunk
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
    getStringFromEnv(`OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? getStringFromEnv(`OTEL_EXPORTER_OTLP_${name}`)
  )
}

function headersFromEnv(): Record<string, string> {
  return {
    ...parseKeyPairsIntoRecord(getStringFromEnv('OTEL_EXPORTER_OTLP_HEADERS')),
    ...parseKeyPairsIntoRecord(getStringFromEnv('OTEL_EXPORTER_OTLP_TRACES_HEADERS')),
  }
}

function certificatesFromEnv(): Partial<Record<'ca' | 'cert' | 'key', Buffer>> {
  const variables = { ca: 'CERTIFICATE', cert: 'CLIENT_CERTIFICATE', key: 'CLIENT_KEY' } as const
  const read = Object.entries(variables).flatMap(([option, variable]) => {
    const path = otlpVariable(variable)?.trim()
    if (path === undefined) return []
    try {
      return [[option, readFileSync(path)] as const]
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
