import { isField } from './fields.ts'
import { readAttributeValue, readFieldValue, written } from './parse-value.ts'
import type { Query } from './query.ts'
import { QueryError } from './query-error.ts'
import { readTokens, type Term, type Token } from './tokens.ts'

/** Room for two names of 12,000 characters; brackets so deep are a mistake. */
const LONGEST_QUERY = 30_000
const DEEPEST = 100

/**
 * Reads a query of runs.
 *
 * ```
 * query  = all { "OR" all }
 * all    = one { one }
 * one    = "-" one | "(" query ")" | term
 * term   = [ key operator ] value
 * value  = [ "*" ] ( text | '"' text '"' ) [ "*" ] | amount | amount ".." amount
 * ```
 *
 * @throws QueryError
 */
export function parseQuery(text: string): Query {
  if (text.length > LONGEST_QUERY)
    throw new QueryError(
      text.slice(0, 60),
      60,
      `a query has at most ${LONGEST_QUERY} characters, this one has ${text.length}`,
    )
  return new Parser(text).parse()
}

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #position = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = readTokens(text)
  }

  parse(): Query {
    if (this.#next.type === 'end') return { type: 'all' }
    const query = this.#or()
    if (this.#next.type === ')')
      this.#fail('this ) closes nothing: expected ( before it, or quotes around it')
    return query
  }

  get #next(): Token {
    return this.#tokens[this.#position]!
  }

  #or(): Query {
    const queries = [this.#and()]
    while (this.#next.type === 'or') {
      this.#position++
      queries.push(this.#and())
    }
    return group('or', queries)
  }

  #and(): Query {
    const queries = [this.#one()]
    while (this.#next.type === '-' || this.#next.type === '(' || this.#next.type === 'term')
      queries.push(this.#one())
    return group('and', queries)
  }

  #one(): Query {
    const token = this.#next
    this.#position++
    if (token.type === 'term') return readTerm(this.#text, token)
    if (token.type !== '-' && token.type !== '(') {
      this.#position--
      this.#fail('expected a word, a field such as status:error, or (')
    }
    if (++this.#depth > DEEPEST) this.#fail(`brackets and - may be ${DEEPEST} deep`, token.at)
    const query = token.type === '-' ? { type: 'not' as const, query: this.#one() } : this.#or()
    if (token.type === '(') {
      if (this.#next.type !== ')') this.#fail('expected ) to close this bracket', token.at)
      this.#position++
    }
    this.#depth--
    return query
  }

  #fail(problem: string, at = this.#next.at): never {
    throw new QueryError(this.#text, at, problem)
  }
}

/** Groups of one are what they hold, and groups in groups of their type are part of these. */
function group(type: 'and' | 'or', queries: readonly Query[]): Query {
  const flat = queries.flatMap((query) => (query.type === type ? query.queries : [query]))
  return flat.length === 1 ? flat[0]! : { type, queries: flat }
}

function readTerm(text: string, term: Term): Query {
  const { key, operator, value, source } = term
  if (key === undefined || operator === undefined) return readWord(text, term)
  if (!key.isQuoted && isField(key.text))
    return {
      type: 'field',
      field: key.text,
      operator,
      value: readFieldValue(text, { ...term, key, operator }),
    }
  // Nothing is asked of a key in `Error:` and `YWJj==`: they are text.
  if (!key.isQuoted && !value.isQuoted && /^=*$/.test(written(value))) return { type: 'word', text: source }
  const read = readAttributeValue(text, { ...term, key, operator })
  const orText =
    !key.isQuoted && !value.isQuoted && read.type === 'pattern' && !read.before && operator !== '!='
  return { type: 'attribute', key: key.text, orText, operator, value: read }
}

/** A word is found wherever it stands: `*` at its ends says no more. */
function readWord(text: string, { value, at }: Term): Query {
  if (value.text === '') throw new QueryError(text, at, 'expected text: there is nothing to look for')
  return { type: 'word', text: value.text }
}
