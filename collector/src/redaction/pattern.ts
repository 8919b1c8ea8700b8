import { UsageError } from '@weir/config'
import { RE2JS } from 're2js'

/**
 * Positions of what is found in a value: start and end by turns, in order, not overlapping. Values are given as latin1, one
 * character per byte, so that positions are those of the bytes whatever UTF-8 they hold.
 */
export type Matches = readonly number[]

/** Finds what must not be kept inside a value. */
export interface Pattern {
  readonly name: string
  /** Found somewhere in every request that has a value to be found, whatever is around the value; undefined: unknown. */
  readonly hint?: RegExp
  /**
   * True to search JSON text as it is too, with its escapes; otherwise only with blanks in their place, because to a pattern
   * the `n` of `\n` is not part of a word.
   */
  readonly seesEscapes?: boolean
  find(text: string): Matches
}

/** Source of a letter or digit that what follows is one word with; the end of `%3D` and the like is none. */
export const IN_WORD: string = '(?<!%[0-9A-Fa-f])[A-Za-z0-9]'

export const NO_MATCHES: Matches = []

/** The rules of redaction cannot be used; the collector does not start without the ones that were asked for. */
export class RedactionError extends UsageError {
  override readonly code = 'REDACTION'
}

/**
 * Milliseconds after which the rest of a value counts as found. One search is linear in the value's length, but some
 * expressions look to the value's end for each of many matches.
 */
const SEARCH_MS = 100

/**
 * A pattern of the user's, in RE2's syntax and in linear time: no expression can be made to backtrack by what is sent.
 * It reads the value as UTF-8.
 * @throws RedactionError where the expression is not RE2's, or matches the empty text
 */
export function regexPattern(name: string, regex: string, where: string): Pattern {
  const expression = compile(regex, where)
  return { name, seesEscapes: true, find: (text) => findAll(expression, Buffer.from(text, 'latin1')) }
}

function compile(regex: string, where: string): RE2JS {
  let expression: RE2JS
  try {
    expression = RE2JS.compile(regex)
  } catch (cause) {
    const { message } = cause as Error
    throw new RedactionError(
      `${where}: ${message}. Expected RE2's syntax, which has no lookaround and no backreferences`,
      { cause },
    )
  }
  if (expression.test('')) {
    throw new RedactionError(`${where}: \`${regex}\` matches the empty text, expected at least one character`)
  }
  return expression
}

function findAll(expression: RE2JS, bytes: Buffer): Matches {
  if (!expression.test(bytes)) return NO_MATCHES
  const found: number[] = []
  const matcher = expression.matcher(bytes)
  const began = performance.now()
  while (matcher.find()) {
    const end = matcher.end()
    // An expression such as `\b|x` may still match nothing at all somewhere.
    if (end === matcher.start()) continue
    const isLate = performance.now() - began > SEARCH_MS
    found.push(matcher.start(), isLate ? bytes.length : end)
    if (isLate) break
  }
  return found
}
