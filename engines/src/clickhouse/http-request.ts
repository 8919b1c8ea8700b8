import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import type { Context } from './engine.ts'
import { exception } from './exception.ts'

/** A request of the ClickHouse HTTP interface, without its body. */
export interface HttpRequest extends Context {
  /** The `query` parameter: the statement, or its beginning. */
  readonly query: string
  readonly defaultFormat: string
  /** `gzip` when the client accepts it and asked for compression. */
  readonly encoding: 'gzip' | undefined
}

// Parameters of the HTTP interface that are no settings; those of users and buffers have no meaning here.
const NOT_SETTINGS = new Set([
  'query', 'database', 'default_format', 'query_id', 'user', 'password', 'quota_key', 'role', 'stacktrace',
  'session_id', 'session_timeout', 'session_check', 'buffer_size', 'wait_end_of_query', 'compress', 'decompress',
  'client_protocol_version', 'close_session', 'log_comment',
]) // biome-ignore format: a list

/** Reads what the URL, the headers and the `fields` of a form say. */
export function readRequest(
  request: IncomingMessage,
  fields: Iterable<readonly [string, string]> = [],
): HttpRequest {
  const url = new URL(request.url ?? '/', 'http://embedded')
  const all = new Map([...url.searchParams, ...fields])
  const settings = new Map<string, string>()
  const parameters = new Map<string, string>()
  if (all.has('session_id'))
    throw exception(48, 'NOT_IMPLEMENTED', 'session_id: the embedded engine has no HTTP sessions')
  for (const [name, value] of all) {
    if (name.startsWith('param_')) parameters.set(identifier(name.slice('param_'.length)), value)
    else if (!NOT_SETTINGS.has(name)) settings.set(identifier(name), value)
  }
  // As in ClickHouse, a GET cannot change anything.
  if (request.method !== 'POST' && request.method !== 'PUT') settings.set('readonly', '2')
  return {
    query: all.get('query') ?? '',
    queryId: all.get('query_id') || header(request, 'x-clickhouse-query-id') || randomUUID(),
    database: all.get('database') || header(request, 'x-clickhouse-database') || undefined,
    defaultFormat: all.get('default_format') || header(request, 'x-clickhouse-format') || 'TabSeparated',
    settings,
    parameters,
    encoding:
      settings.get('enable_http_compression') === '1' && accepts(request, 'gzip') ? 'gzip' : undefined,
  }
}

/** The body, decoded from its Content-Encoding. */
export function readBody(request: IncomingMessage): Readable {
  const encoding = header(request, 'content-encoding')?.toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return request
  const decoder = DECODERS[encoding]?.()
  if (!decoder)
    throw exception(
      48,
      'NOT_IMPLEMENTED',
      `Unknown Content-Encoding ${encoding}: use gzip, deflate, br or zstd`,
    )
  request.on('error', (error) => decoder.destroy(error))
  request.on('close', () => {
    if (!request.complete) decoder.destroy(new Error('the client closed the connection'))
  })
  return request.pipe(decoder)
}

/** The fields of a multipart form, in which clients send a statement with large parameters; undefined for other bodies. */
export async function readForm(
  request: IncomingMessage,
  limit: number,
): Promise<[string, string][] | undefined> {
  const type = header(request, 'content-type') ?? ''
  if (!type.startsWith('multipart/form-data')) return undefined
  const body = Readable.toWeb(Readable.from(atMost(limit, readBody(request)))) as ReadableStream<Uint8Array>
  const form = await new Response(body, { headers: { 'content-type': type } }).formData()
  return [...form].map(([name, value]) => {
    if (typeof value === 'string') return [name, value]
    throw exception(48, 'NOT_IMPLEMENTED', `External data (${name}) is not supported by the embedded engine`)
  })
}

async function* atMost(limit: number, body: Readable): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw exception(307, 'TOO_MANY_BYTES', `The form is larger than ${limit} bytes`)
    yield chunk
  }
}

const DECODERS: Record<string, () => ReturnType<typeof createGunzip>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

function identifier(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name
  throw exception(115, 'UNKNOWN_SETTING', `Setting or parameter '${name}' is not a name`)
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

function accepts(request: IncomingMessage, encoding: string): boolean {
  return (header(request, 'accept-encoding') ?? '')
    .split(',')
    .some((part) => part.trim().split(';')[0] === encoding)
}
