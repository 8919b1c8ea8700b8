import type { Work } from './body.ts'
import { type EngineSession, type Output, quoteString } from './engine.ts'
import { exception } from './exception.ts'

/** Runs a request's statement in its session. */
export function runWork(
  session: EngineSession,
  work: Work,
  defaultFormat: string,
  _directory: string,
): Output {
  const { sql, statement, spool } = work
  if (statement.keyword === '') throw exception(62, 'SYNTAX_ERROR', 'Syntax error: Empty query')
  if (statement.several)
    throw exception(62, 'SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed)')
  if (spool) return whole(session, insertFrom(spool.path, work), defaultFormat)
  if (statement.keyword !== 'SELECT' && statement.keyword !== 'WITH')
    return whole(session, sql, defaultFormat)
  return statement.nested ? whole(session, sql, defaultFormat) : session.stream(sql, defaultFormat)
}

/** The engine reads the rows from the file with the structure, the defaults and the parser of a server's insert. */
function insertFrom(path: string, { statement: { insert } }: Work): string {
  if (!insert) throw new TypeError('a spooled body belongs to an INSERT ... FORMAT')
  return `${insert.target} FROM INFILE ${quoteString(path)} COMPRESSION 'none' ${insert.settings} FORMAT ${insert.format}`
}

async function* whole(session: EngineSession, sql: string, format: string): Output {
  yield await session.run(sql, format)
}
