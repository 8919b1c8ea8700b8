import { CREDIT_CARD } from './credit-card.ts'
import { IN_WORD, type Matches, NO_MATCHES, type Pattern } from './pattern.ts'

/** Keys that say by their prefix whose they are. */
const API_KEYS = [
  'sk-(?=[A-Za-z_-]{0,64}\\d)[\\w-]{16,}', // OpenAI, Anthropic, OpenRouter, Langfuse
  'pk-lf-[\\w-]{16,}',
  '[srp]k_(?:live|test)_\\w{16,}', // Stripe
  '(?:AKIA|ASIA)[0-9A-Z]{16}', // AWS
  'AIza[\\w-]{35}', // Google
  'gh[oprsu]_\\w{36,}', // GitHub
  'github_pat_\\w{22,}',
  'glpat-[\\w-]{20,}', // GitLab
  'xox[abeoprs]-[\\w-]{10,}', // Slack
  'hf_[A-Za-z0-9]{30,}', // Hugging Face
  'gsk_\\w{20,}', // Groq
  'lsv2_[ps]t_\\w{20,}', // LangSmith
  'npm_[A-Za-z0-9]{36}',
  'SG\\.[\\w-]{16,}\\.[\\w-]{16,}', // SendGrid
  'weir_[0-9a-f]{12}_[0-9a-f]{64}',
].join('|')

/** A blank as it is, or as URLs have it. */
const BLANK = String.raw`(?: |%20|\+)`
/** Letters of the scripts that put blanks between words (U+00C0 to U+07FF), as their bytes of UTF-8. */
const LETTER = String.raw`[\xc3-\xdf][\x80-\xbf]`
const AT = '(?:@|%40)'
const PRIVATE_KEY = String.raw`(?:[A-Z ]|%20|\+){0,40}PRIVATE${BLANK}KEY(?:${BLANK}BLOCK)?-----`

/**
 * The patterns that rules may name. Each repetition is bounded or ends where the next character cannot belong to it, so
 * that backtracking stays linear in the length of the value.
 */
export const NAMED_PATTERNS: ReadonlyMap<string, Pattern> = new Map(
  [
    pattern(
      'email',
      new RegExp(String.raw`${AT}[A-Za-z0-9\x80-\xff-]{1,63}\.`),
      new RegExp(
        String.raw`(?:[A-Za-z0-9._%+-]|${LETTER}){1,64}${AT}(?:[A-Za-z0-9\x80-\xff-]{1,63}\.){1,8}(?:[A-Za-z]{2,63}|(?:${LETTER}){1,31})`,
        'g',
      ),
    ),
    CREDIT_CARD,
    pattern(
      'ipv4',
      /(?:\d{1,3}\.){3}\d/,
      /(?<!(?<!%[0-9A-Fa-f])\w|\.)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.])/g,
    ),
    // Prose says "bearer" and "basic" too: what follows counts as a credential if it has a digit or padding.
    pattern(
      'bearer-token',
      /(?:bearer|basic)[ %+:=\t\\\xc2]/i,
      new RegExp(
        String.raw`(?<!${IN_WORD})(?:bearer|basic)(?:[ \t+:=]|%20|%3[AD]|\xc2\xa0){1,4}(?=[^\s\d=]{0,512}[\d=])[\w.~+/=-]{12,}`,
        'gi',
      ),
    ),
    pattern('api-key', new RegExp(API_KEYS), new RegExp(`(?<!${IN_WORD})(?:${API_KEYS})`, 'g')),
    pattern(
      'jwt',
      /eyJ[\w-]{8,256}/,
      new RegExp(String.raw`(?<!${IN_WORD}|[_-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*`, 'g'),
    ),
    pattern(
      'private-key',
      new RegExp(`PRIVATE${BLANK}KEY`),
      new RegExp(`-----BEGIN${BLANK}${PRIVATE_KEY}(?:.*?-----END${BLANK}${PRIVATE_KEY}|.*)`, 'gs'),
    ),
    pattern(
      'url-password',
      /:\/\/[^\s/:@]{0,256}:[^\s/@]{1,256}@/,
      /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{0,256}:[^\s/@]{1,256}@/gi,
    ),
  ].map((named) => [named.name, named]),
)

function pattern(name: string, hint: RegExp, expression: RegExp): Pattern {
  return { name, hint, find: (text) => (hint.test(text) ? all(expression, text) : NO_MATCHES) }
}

function all(expression: RegExp, text: string): Matches {
  expression.lastIndex = 0
  let match = expression.exec(text)
  if (match === null) return NO_MATCHES
  const found: number[] = []
  for (; match !== null; match = expression.exec(text)) found.push(match.index, expression.lastIndex)
  return found
}
