import { readFileSync } from 'node:fs'
import { decodeUtf8, Utf8Error } from '@weir/store/text'
import { z } from 'zod'
import { type Action, type DenyRule, KeyRules, toMarker } from './key-rules.ts'
import { NAMED_PATTERNS } from './named-patterns.ts'
import type { Pattern } from './pattern.ts'
import { RedactionError, regexPattern } from './pattern.ts'
import type { RedactionRules, ValueRule } from './value-redactor.ts'

const MIN_SALT = 16
/** What the markers of denied and of not allowed keys say; the key stands beside them. */
const DENIED = 'key'

const action = z.enum(['mask', 'hash']).optional()
const named = z.enum([...NAMED_PATTERNS.keys()])
const fileSchema = z.strictObject({
  action,
  deny: z.array(z.union([z.string().min(1), z.strictObject({ key: z.string().min(1), action })])).default([]),
  allow: z.array(z.string().min(1)).optional(),
  values: z
    .array(
      z.union([
        named,
        z.strictObject({ pattern: named, action }),
        z.strictObject({ name: z.string().regex(/^[a-z0-9-]{1,40}$/), regex: z.string().min(1), action }),
      ]),
    )
    .default([]),
})

type RulesFile = z.infer<typeof fileSchema>

/**
 * Reads the rules of a file.
 * @param path as WEIR_REDACTION names it
 * @param salt of hashes, WEIR_REDACTION_SALT
 * @throws RedactionError that says what is wrong, where, and what to do
 */
export function readRedactionRules(path: string, salt: string | undefined): RedactionRules {
  const where = `WEIR_REDACTION=${path}`
  return compileRules(parse(read(path, where), where), salt, where)
}

function read(path: string, where: string): string {
  try {
    return decodeUtf8(readFileSync(path))
  } catch (cause) {
    if (cause instanceof Utf8Error) throw new RedactionError(`${where}: the file ${cause.message}`, { cause })
    throw new RedactionError(`${where}: the file cannot be read: ${(cause as Error).message}`, { cause })
  }
}

function parse(text: string, where: string): RulesFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new RedactionError(`${where}: not JSON: ${(cause as Error).message}`, { cause })
  }
  const { data, error } = fileSchema.safeParse(value)
  if (error === undefined) return data
  const problems = error.issues.map((issue) => describe(issue, value))
  throw new RedactionError(problems.map((problem) => `${where}: ${problem}`).join('\n'))
}

function compileRules(file: RulesFile, salt: string | undefined, where: string): RedactionRules {
  const marker = (rule: string, own: Action | undefined) => {
    const chosen = own ?? file.action ?? 'mask'
    if (chosen === 'hash') requireSalt(salt, where)
    return toMarker(rule, chosen, salt ?? '')
  }
  const deny = file.deny.map((entry): DenyRule => {
    const { key, action: own } = typeof entry === 'string' ? { key: entry, action: undefined } : entry
    return { name: `deny:${key}`, pattern: key, marker: marker(DENIED, own) }
  })
  const values = file.values.map((entry, at): ValueRule => {
    const pattern = patternOf(entry, `${where}: values[${at}].regex`)
    return { pattern, marker: marker(pattern.name, typeof entry === 'string' ? undefined : entry.action) }
  })
  const twice = values.find(
    ({ pattern }, at) => values.findIndex((rule) => rule.pattern.name === pattern.name) < at,
  )
  if (twice)
    throw new RedactionError(`${where}: values has "${twice.pattern.name}" twice, expected different names`)
  const notAllowed = file.allow && { name: 'allow', marker: marker(DENIED, undefined) }
  return { keys: new KeyRules(deny, file.allow ?? [], notAllowed), values }
}

function patternOf(entry: RulesFile['values'][number], where: string): Pattern {
  if (typeof entry !== 'string' && 'regex' in entry) return regexPattern(entry.name, entry.regex, where)
  return NAMED_PATTERNS.get(typeof entry === 'string' ? entry : entry.pattern)!
}

function requireSalt(salt: string | undefined, where: string): void {
  if (salt !== undefined && salt.length >= MIN_SALT) return
  const got = salt === undefined ? 'it is not set' : `it has ${salt.length} characters`
  throw new RedactionError(
    `${where}: the action "hash" needs WEIR_REDACTION_SALT, a secret of at least ${MIN_SALT} characters, but ${got}. ` +
      'Set it to a random text that does not change, e.g. from `openssl rand -hex 32`',
  )
}

const EXPECTED: Readonly<Record<string, string>> = {
  deny: 'a key such as "password" or "*.token", or {"key": ..., "action": "mask" or "hash"}',
  allow: 'a key such as "gen_ai.*"',
  values: `one of ${[...NAMED_PATTERNS.keys()].join(', ')}; or {"pattern": one of them, "action": "mask" or "hash"}; or {"name": letters, digits and dashes, "regex": ...}`,
}

function describe(issue: z.core.$ZodIssue, file: unknown): string {
  const [member, index] = issue.path
  if (member === undefined) return `${issue.message}, expected an object with action, deny, allow, values`
  const place = index === undefined ? String(member) : `${String(member)}[${String(index)}]`
  const list = (file as Record<PropertyKey, unknown>)[member]
  const got = index === undefined ? list : (list as Record<PropertyKey, unknown>)[index]
  const expected = index === undefined ? issue.message : EXPECTED[String(member)]
  return `${place} is ${JSON.stringify(got)}, expected ${expected}`
}
