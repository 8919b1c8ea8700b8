import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { Output } from './engine.ts'
import { type ClickHouseException, statusOf, toException } from './exception.ts'

export interface ResponseHead {
  readonly format: string
  readonly encoding: 'gzip' | undefined
}

const CONTENT_TYPES: readonly (readonly [prefix: RegExp, type: string])[] = [
  [
    /^(JSON|JSONCompact|JSONStrings|JSONColumns.*|JSONObjectEachRow|JSONCompactColumns)$/,
    'application/json; charset=UTF-8',
  ],
  [/EachRow|^NDJSON|^JSONLines/, 'application/x-ndjson; charset=UTF-8'],
  [/^CSV/, 'text/csv; charset=UTF-8; header='],
  [/^(TSV|TabSeparated)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^XML$/, 'application/xml; charset=UTF-8'],
  [/^(Native|RowBinary|Parquet|Arrow|ORC|Avro|MsgPack|Protobuf)/, 'application/octet-stream'],
]

function contentType(format: string): string {
  const found = CONTENT_TYPES.find(([pattern]) => pattern.test(format))?.[1] ?? 'text/plain; charset=UTF-8'
  return found.endsWith('header=') ? `${found}${format.includes('WithNames') ? 'present' : 'absent'}` : found
}

/**
 * Sends a result at the client's pace. The status waits for the first block, so that an exception before it gets its
 * own; one after it follows the rows, marked with the tag of the header as ClickHouse does since 25.11.
 * @returns whether the query ran to its end
 */
export async function sendResult(
  response: ServerResponse,
  head: ResponseHead,
  output: Output,
): Promise<boolean> {
  // The client may leave at any time, also before the first block.
  const closed = new Promise((resolve) => response.once('close', resolve))
  const blocks = output[Symbol.asyncIterator]()
  let next = await blocks.next()
  const tag = randomBytes(8).toString('hex')
  response.statusCode = 200
  response.setHeader('Content-Type', contentType(head.format))
  response.setHeader('X-ClickHouse-Format', head.format)
  response.setHeader('X-ClickHouse-Exception-Tag', tag)
  if (head.encoding) response.setHeader('Content-Encoding', head.encoding)
  const sink: Writable = head.encoding ? gzipInto(response) : response
  try {
    for (; !next.done && !response.destroyed; next = await blocks.next()) {
      if (!sink.write(next.value)) await Promise.race([drained(sink), closed])
    }
  } catch (error) {
    sink.end(taggedException(toException(error), tag))
    return false
  } finally {
    await blocks.return?.()
  }
  sink.end()
  return next.done === true
}

function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => sink.once('drain', resolve))
}

function gzipInto(response: ServerResponse): Writable {
  const gzip = createGzip({ level: 1 })
  gzip.pipe(response)
  gzip.on('error', () => response.destroy())
  response.on('close', () => gzip.destroy())
  return gzip
}

function taggedException(error: ClickHouseException, tag: string): string {
  const message = `${error.message}\n`
  return `\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`
}

export function sendException(response: ServerResponse, error: ClickHouseException): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.removeHeader('Content-Encoding')
  response.writeHead(statusOf(error.code), {
    'Content-Type': 'text/plain; charset=UTF-8',
    'X-ClickHouse-Exception-Code': String(error.code),
  })
  response.end(`${error.message}\n`)
}
