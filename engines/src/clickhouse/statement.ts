import { readTokens, type Token } from './tokens.ts'

/** What the server needs to know about a statement before the engine parses it. */
export interface Statement {
  /** The first keyword in upper case: SELECT, INSERT, CREATE, ... */
  readonly keyword: string
  /** The FORMAT clause of a statement that is no INSERT: at its end, or before its last SETTINGS. */
  readonly format?: { readonly name: string; readonly start: number }
  /** Where the statement ends, without a last semicolon. */
  readonly end: number
  /** Set for an INSERT whose rows follow in the request, as data and not as expressions. */
  readonly insert?: InsertHead
  /** A SELECT within the statement: the engine may evaluate it while it plans the outer one. */
  readonly nested: boolean
  /** `WITH TOTALS`: rows that follow the result. */
  readonly totals: boolean
  /** Another statement follows a semicolon. */
  readonly several: boolean
}

export interface InsertHead {
  /** `INSERT INTO t` */
  readonly target: string
  /** `(a, b)`, or empty; undefined when parentheses belong to a table function. */
  readonly columns: string | undefined
  /** `SETTINGS ...`, or empty. */
  readonly settings: string
  readonly format: string
  /** Where the rows begin, in characters. */
  readonly dataStart: number
}

const NOTHING = { keyword: '', nested: false, totals: false, several: false, end: 0 }

/** Reads just enough of a statement to route it; its syntax is the engine's business. */
export function readStatement(sql: string): Statement {
  const all = readTokens(sql)
  const keyword = firstKeyword(all)
  if (keyword === 'INSERT') return readInsert(sql, keyword, readTokens(sql))
  const found: Mutable<Statement> = { ...NOTHING, keyword, end: sql.length }
  let previous: Token | undefined
  let candidate: Statement['format']
  for (const token of all) {
    const before = previous?.text.toUpperCase()
    const word = token.text.toUpperCase()
    if (before === ';') return { ...found, several: true }
    if (candidate && (word === ';' || word === 'SETTINGS')) found.format = candidate
    if (word === ';') found.end = token.start
    if (word === 'SELECT' && (keyword !== 'WITH' || before === '(')) found.nested = true
    if (word === 'TOTALS') found.totals = true
    if (word === 'INSERT' && keyword === 'WITH') found.keyword = 'INSERT'
    const named = before === 'FORMAT' && isWord(token.text) && !AFTER_A_COLUMN.has(word)
    candidate = named && previous ? { name: token.text, start: previous.start } : undefined
    previous = token
  }
  if (candidate) found.format = candidate
  if (found.keyword === 'WITH' || found.keyword === 'FROM') found.keyword = 'SELECT'
  return found
}

// What may end a statement after a column that is called "format".
const AFTER_A_COLUMN = new Set(['ASC', 'DESC', 'END'])

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function readInsert(sql: string, keyword: string, all: Generator<Token>): Statement {
  const plain: Statement = { ...NOTHING, keyword, end: sql.length }
  let depth = 0
  let settingsStart: number | undefined
  let formatStart: number | undefined
  let columnsStart: number | undefined
  let isFunction = false
  for (const token of all) {
    const word = token.text.toUpperCase()
    if (formatStart !== undefined) {
      // Its rows are expressions, so they are part of the statement.
      if (word === 'VALUES') return plain
      const end = settingsStart ?? formatStart
      const targetEnd = isFunction ? end : (columnsStart ?? end)
      const insert = {
        target: sql.slice(0, targetEnd),
        columns: isFunction ? undefined : sql.slice(targetEnd, end).trim(),
        settings: sql.slice(end, formatStart),
        format: token.text,
        dataStart: token.end + gapLength(sql.slice(token.end, token.end + 1024)),
      }
      return { ...plain, insert }
    }
    if (word === '(') {
      if (depth++ === 0) columnsStart ??= token.start
    } else if (word === ')') depth--
    else if (word === 'FUNCTION') isFunction = true
    else if (depth > 0) continue
    else if (word === 'SELECT' || word === 'VALUES' || word === 'WITH' || word === 'INFILE') return plain
    else if (word === 'SETTINGS') settingsStart = token.start
    else if (word === 'FORMAT') formatStart = token.start
  }
  return plain
}

/** Between the format's name and the rows: white space up to and including one line break. */
function gapLength(text: string): number {
  return /^[ \t]*;?[ \t]*(?:\r?\n)?/.exec(text)?.[0].length ?? 0
}

function firstKeyword(all: Generator<Token>): string {
  for (;;) {
    const { value, done } = all.next()
    if (done) return ''
    if (value.text !== '(') return value.text.toUpperCase()
  }
}

function isWord(text: string): boolean {
  return /^[\p{L}_]/u.test(text)
}
