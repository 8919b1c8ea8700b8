import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Spool, Work } from './body.ts'
import { type EngineSession, type Output, quoteName, quoteString } from './engine.ts'
import { exception } from './exception.ts'
import type { InsertHead } from './statement.ts'

// Formats without a beginning, an end or a separator between rows: what the engine yields block by block is the whole.
const CONCATENABLE = new Set([
  ...[
    'JSONEachRow',
    'JSONLines',
    'NDJSON',
    'JSONStringsEachRow',
    'JSONCompactEachRow',
    'JSONCompactStringsEachRow',
  ],
  ...['TabSeparated', 'TSV', 'TabSeparatedRaw', 'TSVRaw', 'CSV', 'Native', 'RowBinary'],
])

/** Runs a request's statement in its session. */
export function runWork(
  session: EngineSession,
  work: Work,
  defaultFormat: string,
  directory: string,
): Output {
  const { sql, statement, spool } = work
  if (statement.keyword === '') throw exception(62, 'SYNTAX_ERROR', 'Syntax error: Empty query')
  if (statement.several)
    throw exception(62, 'SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed)')
  if (spool && statement.insert) return insert(session, statement.insert, spool, defaultFormat)
  if (statement.keyword !== 'SELECT') return whole(session, sql, defaultFormat)
  const format = statement.format?.name ?? defaultFormat
  const streamable = CONCATENABLE.has(format) && !statement.nested && !statement.totals
  return streamable ? session.stream(sql, defaultFormat) : throughFile(session, work, format, directory)
}

async function* whole(session: EngineSession, sql: string, format: string): Output {
  yield await session.run(sql, format)
}

/**
 * Lets the engine write the result to a file, off the event loop and in bounded memory. Its own stream plans a query
 * on the event loop, subqueries included, and repeats a format's head for every block.
 */
async function* throughFile(
  session: EngineSession,
  { sql, statement }: Work,
  format: string,
  directory: string,
): Output {
  const path = join(directory, randomUUID())
  const at = statement.format?.start ?? statement.end
  const outfile = `\nINTO OUTFILE ${quoteString(path)} COMPRESSION 'none' `
  const tail = statement.format ? sql.slice(at, statement.end) : `FORMAT ${format}`
  try {
    await session.run(sql.slice(0, at) + outfile + tail, format)
    yield* createReadStream(path, { highWaterMark: 256 * 1024 })
  } finally {
    await rm(path, { force: true })
  }
}

/** The engine reads the rows from the file as a server reads them from a connection: structure, defaults and all. */
async function* insert(session: EngineSession, head: InsertHead, spool: Spool, format: string): Output {
  const columns =
    head.format === 'Native' && spool.bytes > 0 ? await nativeColumns(session, head, spool) : undefined
  yield await session.run(columns ? insertSelect(head, columns, spool) : insertInfile(head, spool), format)
}

function insertInfile({ target, columns = '', settings, format }: InsertHead, { path }: Spool): string {
  return `${target} ${columns} FROM INFILE ${quoteString(path)} COMPRESSION 'none' ${settings} FORMAT ${format}`
}

/** The same for Native, whose blocks carry names and types, at two thirds of the CPU time. */
function insertSelect({ target, settings }: InsertHead, columns: readonly string[], { path }: Spool): string {
  const names = columns.map(quoteName).join(', ')
  return `${target} (${names}) ${settings} SELECT ${names} FROM file(${quoteString(path)}, 'Native')`
}

/** The columns to insert: those of the file, or those of them that the statement lists. */
async function nativeColumns(
  session: EngineSession,
  head: InsertHead,
  spool: Spool,
): Promise<string[] | undefined> {
  const listed = head.columns === undefined ? undefined : listedColumns(head.columns)
  if (listed === undefined) return undefined
  await session.becomeLoader()
  const described = await session.run(
    `DESCRIBE file(${quoteString(spool.path)}, 'Native')`,
    'JSONCompactEachRow',
  )
  const rows = Buffer.from(described).toString().trimEnd().split('\n')
  const names = rows.map((row) => (JSON.parse(row) as [name: string])[0])
  return listed.length === 0 ? names : names.filter((name) => listed.includes(name))
}

/** The names in `(a, b)`; undefined when it holds more than names. */
function listedColumns(columns: string): string[] | undefined {
  if (columns === '') return []
  const names = columns
    .slice(1, -1)
    .split(',')
    .map((name) => name.trim().replace(/^([`"])(.*)\1$/, '$2'))
  return names.every((name) => /^[\w.]+$/.test(name)) ? names : undefined
}
