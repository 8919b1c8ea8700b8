/** What the server needs to know about a statement before the engine parses it. */
export interface Statement {
  /** The first keyword in upper case: SELECT, INSERT, CREATE, ... */
  readonly keyword: string
  /** The output format that a FORMAT clause names. */
  readonly format?: string
  /** Set for an INSERT whose rows follow in the request. */
  readonly insert?: InsertHead
  /** A SELECT within the statement: the engine may evaluate it while it plans the outer one. */
  readonly nested: boolean
  /** Another statement follows a semicolon. */
  readonly several: boolean
}

export interface InsertHead {
  /** `INSERT INTO t (a, b)` */
  readonly target: string
  /** `SETTINGS ...`, or empty. */
  readonly settings: string
  readonly format: string
  /** Where the rows begin, in characters. */
  readonly dataStart: number
}

interface Token {
  readonly text: string
  readonly start: number
  readonly end: number
}

// White space and comments; strings and quoted names; words; anything else.
const TOKEN =
  /(?<skip>\s+|--[^\n]*|#[! ][^\n]*|\/\*[\s\S]*?\*\/)|'(?:[^'\\]|\\[\s\S]|'')*'|`(?:[^`\\]|\\[\s\S]|``)*`|"(?:[^"\\]|\\[\s\S]|"")*"|[\p{L}_$][\p{L}\p{N}_$]*|[\s\S]/uy

/** Reads just enough of a statement to route it; its syntax is the engine's business. */
export function readStatement(sql: string): Statement {
  const all = tokens(sql)
  const keyword = firstKeyword(all)
  if (keyword === 'INSERT') return readInsert(sql, keyword, tokens(sql))
  let nested = false
  let format: string | undefined
  let previous = ''
  for (const token of all) {
    if (previous === ';') return { keyword, nested, several: true }
    const word = token.text.toUpperCase()
    if (word === 'SELECT' && (keyword !== 'WITH' || previous === '(')) nested = true
    if (previous === 'FORMAT' && isWord(token.text)) format = token.text
    previous = word
  }
  return { keyword, nested, several: false, ...(format === undefined ? {} : { format }) }
}

function readInsert(sql: string, keyword: string, all: Generator<Token>): Statement {
  const plain: Statement = { keyword, nested: true, several: false }
  let depth = 0
  let settingsStart: number | undefined
  let formatStart: number | undefined
  for (const token of all) {
    const word = token.text.toUpperCase()
    if (formatStart !== undefined) {
      const targetEnd = settingsStart ?? formatStart
      const insert = {
        target: sql.slice(0, targetEnd),
        settings: sql.slice(targetEnd, formatStart),
        format: token.text,
        dataStart: token.end + gapLength(sql.slice(token.end, token.end + 1024)),
      }
      return { ...plain, insert }
    }
    if (word === '(') depth++
    else if (word === ')') depth--
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

function* tokens(sql: string): Generator<Token> {
  for (let start = 0; start < sql.length; ) {
    TOKEN.lastIndex = start
    const match = TOKEN.exec(sql)
    if (!match) return
    const end = start + match[0].length
    if (match.groups?.skip === undefined) yield { text: match[0], start, end }
    start = end
  }
}
