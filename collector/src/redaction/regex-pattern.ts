import { RE2JS } from 're2js'
import { type Matches, NO_MATCHES, type Pattern } from './pattern.ts'
import { RedactionError } from './redaction-error.ts'

/**
 * Milliseconds after which the rest of a value counts as found. One search is linear in the value's length, but some
 * expressions look to the value's end for each of many matches.
 */
const PATIENCE = 100

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
    const isLate = performance.now() - began > PATIENCE
    found.push(matcher.start(), isLate ? bytes.length : end)
    if (isLate) break
  }
  return found
}
