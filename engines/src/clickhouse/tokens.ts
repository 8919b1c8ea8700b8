/** A piece of a statement that is neither white space nor a comment. */
export interface Token {
  /** `unsupported`: the beginning of what we may read otherwise than the engine: other quotes, other white space. */
  readonly kind: 'string' | 'name' | 'other' | 'unsupported'
  readonly text: string
  readonly start: number
  readonly end: number
}

// White space and comments; strings; quoted names and words; what is not followed; anything else.
// https://github.com/ClickHouse/ClickHouse/blob/master/src/Parsers/Lexer.cpp
const TOKEN =
  /(?<skip>\s+|--[^\n]*|\/\/[^\n]*|#[! ][^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*')|(?<name>`[^`\\]*(?:``[^`\\]*)*`|"[^"\\]*(?:""[^"\\]*)*"|[\p{L}_][\p{L}\p{N}_$]*)|(?<unsupported>[`"$]|\P{ASCII})|[\s\S]/uy

export function* readTokens(sql: string): Generator<Token> {
  for (let start = 0; start < sql.length; ) {
    TOKEN.lastIndex = start
    const match = TOKEN.exec(sql)
    if (!match) return
    const end = start + match[0].length
    const { skip, string, name, unsupported } = match.groups ?? {}
    if (skip === undefined) {
      const kind = string ? 'string' : name ? 'name' : unsupported ? 'unsupported' : 'other'
      yield { kind, text: match[0], start, end }
    }
    start = end
  }
}
