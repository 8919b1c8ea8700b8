import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { exception } from './exception.ts'
import { readStatement, type Statement } from './statement.ts'

/** Limits of one request, in bytes. */
export interface Limits {
  /** A statement, with the rows of `INSERT ... VALUES`. */
  readonly statement: number
  /** The rows of an insert, uncompressed. */
  readonly insert: number
}

/** A request's statement, complete, and the file that holds the rows of an insert. */
export interface Work {
  readonly sql: string
  readonly statement: Statement
  readonly spool?: Spool
}

export interface Spool extends AsyncDisposable {
  readonly path: string
  readonly bytes: number
}

/**
 * Reads the statement (in the URL, the body, or begun in the one and continued in the other, as in ClickHouse) and
 * spools the rows of an insert to a file of `directory`.
 */
export async function readWork(
  query: string,
  body: Readable,
  directory: string,
  limits: Limits,
): Promise<Work> {
  const inUrl = query === '' ? undefined : readStatement(query)
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  if (inUrl?.insert && inUrl.insert.dataStart >= query.length) {
    return { sql: query, statement: inUrl, spool: await spoolTo(directory, rest([], chunks), limits.insert) }
  }
  const parts: Buffer[] = query === '' ? [] : [Buffer.from(`${query}\n`)]
  let size = 0
  let searched = 0
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    parts.push(next.value)
    size += next.value.length
    const begun = searched < HEAD_SIZE ? insertIn(Buffer.concat(parts)) : undefined
    if (begun) return await spooled(begun, chunks, directory, limits)
    if (size > limits.statement) throw tooLarge('statement', limits.statement)
    searched = size
  }
  const sql = Buffer.concat(parts).toString()
  const statement = readStatement(sql)
  if (!statement.insert) return { sql, statement }
  return await spooled({ sql, statement, data: Buffer.alloc(0) }, chunks, directory, limits)
}

// An insert's head is expected within this many bytes.
const HEAD_SIZE = 256 * 1024

interface Begun {
  readonly sql: string
  readonly statement: Statement
  readonly data: Buffer
}

/** The head of an insert at the beginning of a body, and the rows read so far. The head is text, the rows may be binary. */
function insertIn(bytes: Buffer): Begun | undefined {
  const text = bytes.subarray(0, HEAD_SIZE).toString('latin1')
  const { insert } = readStatement(text)
  // The head must be followed by something, or its format's name may be cut.
  if (!insert || insert.dataStart >= text.length) return undefined
  const sql = bytes.subarray(0, insert.dataStart).toString()
  return { sql, statement: readStatement(sql), data: bytes.subarray(insert.dataStart) }
}

async function spooled(
  begun: Begun,
  chunks: AsyncIterator<Buffer>,
  directory: string,
  limits: Limits,
): Promise<Work> {
  const spool = await spoolTo(directory, rest([begun.data], chunks), limits.insert)
  return { sql: begun.sql, statement: begun.statement, spool }
}

async function* rest(first: Buffer[], chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* first
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
}

async function spoolTo(directory: string, rows: AsyncIterable<Buffer>, limit: number): Promise<Spool> {
  const path = join(directory, randomUUID())
  const remove = () => rm(path, { force: true })
  try {
    return { path, bytes: await writeTo(path, rows, limit), [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

// A socket gives 64 KiB at a time, and a write costs about as much whatever its size.
const WRITTEN_AT_ONCE = 1024 * 1024

async function writeTo(path: string, rows: AsyncIterable<Buffer>, limit: number): Promise<number> {
  await using file = await open(path, 'wx', 0o600)
  let bytes = 0
  let pieces: Buffer[] = []
  let waiting = 0
  for await (const piece of rows) {
    bytes += piece.length
    if (bytes > limit) throw tooLarge('insert', limit)
    pieces.push(piece)
    waiting += piece.length
    if (waiting < WRITTEN_AT_ONCE) continue
    await writeAll(file, pieces, waiting)
    pieces = []
    waiting = 0
  }
  if (waiting > 0) await writeAll(file, pieces, waiting)
  return bytes
}

async function writeAll(file: FileHandle, pieces: Buffer[], bytes: number): Promise<void> {
  const { bytesWritten } = await file.writev(pieces)
  if (bytesWritten < bytes) await file.appendFile(Buffer.concat(pieces).subarray(bytesWritten))
}

function tooLarge(what: string, limit: number): Error {
  return exception(
    307,
    'TOO_MANY_BYTES',
    `The ${what} is larger than ${limit} bytes, the limit of the embedded engine`,
  )
}
