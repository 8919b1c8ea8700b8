import { equalsExact, stringifyExact } from '@weir/store/text'
import { z } from 'zod'
import { CheckError } from './check.ts'
import { type OutputSchema, schemaErrors, toJsonSchema } from './json-schema.ts'
import { jsonValue, toJsonValue } from './json-value.ts'

/** Says of a value whether it is as wanted. */
export type Predicate = (value: unknown) => boolean

/** What a recorded value is compared with. All but `satisfies` is data. */
export type Pattern =
  | { readonly equals: unknown }
  /** Text that the regular expression finds something in. */
  | { readonly finds: string; readonly flags: string }
  | { readonly schema: Readonly<Record<string, unknown>> }
  /** An object that has these properties; it may have others. */
  | { readonly properties: Readonly<Record<string, Pattern>> }
  /** An array of as many items. */
  | { readonly items: readonly Pattern[] }
  | { readonly satisfies: Predicate }

const finds = z.strictObject({ finds: z.string(), flags: z.string() }).refine(({ finds, flags }) => {
  try {
    return new RegExp(finds, flags) instanceof RegExp
  } catch {
    return false
  }
}, 'not a regular expression')

export const pattern: z.ZodType<Pattern> = z.lazy(() =>
  z.union([
    z.strictObject({ equals: jsonValue }),
    finds,
    z.strictObject({ schema: z.record(z.string(), jsonValue) }),
    z.strictObject({ properties: z.record(z.string(), pattern) }),
    z.strictObject({ items: z.array(pattern) }),
    z.strictObject({ satisfies: z.custom<Predicate>((value) => typeof value === 'function') }),
  ]),
)

/** Text that a regular expression describes, or that contains another one. */
export const textPattern = z.union([z.string().min(1), finds])
export type TextPattern = z.infer<typeof textPattern>

class Comparison {
  readonly pattern: Pattern

  constructor(of: Pattern) {
    this.pattern = of
  }
}

/** In a pattern: exactly this value, where an object alone would do with more properties. */
export function exactly(value: unknown): unknown {
  return new Comparison({ equals: toJsonValue(value) })
}

/** In a pattern: a value that is valid by a zod schema or a JSON schema. */
export function matching(schema: OutputSchema): unknown {
  return new Comparison({ schema: toJsonSchema(schema) })
}

/**
 * What a value is compared with: objects by the properties that are named, arrays item by item, regular expressions with text, zod
 * schemas and functions with whatever they take, all else by equality.
 * @throws CheckError for what is none of these
 */
export function toPattern(value: unknown): Pattern {
  try {
    return patternOf(value)
  } catch (error) {
    if (error instanceof RangeError)
      throw new CheckError('Expected a pattern, got a value that contains itself.')
    throw error
  }
}

function patternOf(value: unknown): Pattern {
  if (value instanceof Comparison) return value.pattern
  if (value instanceof RegExp) return toFinds(value)
  if (typeof value === 'function') return { satisfies: value as Predicate }
  if (Array.isArray(value)) return { items: value.map(patternOf) }
  if (typeof value !== 'object' || value === null) return { equals: toJsonValue(value) }
  if ('_zod' in value) return { schema: toJsonSchema(value as OutputSchema) }
  return { properties: Object.fromEntries(Object.entries(value).map(([key, of]) => [key, patternOf(of)])) }
}

/** Without flags that make an expression remember where it was. */
function toFinds({ source, flags }: RegExp): { finds: string; flags: string } {
  return { finds: source, flags: flags.replaceAll(/[gy]/g, '') }
}

/** @throws CheckError */
export function toTextPattern(value: unknown): TextPattern {
  if (typeof value === 'string' && value !== '') return value
  if (value instanceof RegExp) return toFinds(value)
  throw new CheckError(`Expected a text or a regular expression, got ${String(value)} (${typeof value}).`)
}

export function fitsText(wanted: TextPattern, text: string): boolean {
  return typeof wanted === 'string'
    ? text.includes(wanted)
    : new RegExp(wanted.finds, wanted.flags).test(text)
}

/** @param value as JSON has it, integers beyond 2^53 as bigints */
export function fits(wanted: Pattern, value: unknown): boolean {
  if ('equals' in wanted) return equalsExact(value, wanted.equals)
  if ('finds' in wanted) return typeof value === 'string' && fitsText(wanted, value)
  if ('schema' in wanted) return schemaErrors(wanted.schema, withRoundedNumbers(value)) === undefined
  if ('items' in wanted) {
    const { items } = wanted
    return (
      Array.isArray(value) &&
      value.length === items.length &&
      items.every((item, at) => fits(item, value[at]))
    )
  }
  if ('satisfies' in wanted) return isSatisfied(wanted.satisfies, value)
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(wanted.properties).every(
      ([key, of]) => Object.hasOwn(value, key) && fits(of, (value as Record<string, unknown>)[key]),
    )
  )
}

/** A promise is no answer, although it is true to JavaScript. */
function isSatisfied(predicate: Predicate, value: unknown): boolean {
  const answer: unknown = predicate(value)
  if (typeof answer === 'boolean') return answer
  throw new CheckError(
    `The function of a pattern returns true or false, got ${String(answer)} (${typeof answer}).`,
  )
}

/** A schema knows no bigint. */
function withRoundedNumbers(value: unknown): unknown {
  const text = stringifyExact(value)
  return text === undefined ? undefined : JSON.parse(text)
}

/** Whether a function is part of it, so that it cannot be stored. */
export function hasFunction(wanted: Pattern): boolean {
  if ('satisfies' in wanted) return true
  if ('items' in wanted) return wanted.items.some(hasFunction)
  return 'properties' in wanted && Object.values(wanted.properties).some(hasFunction)
}

/** As its author would write it: `{ to: /@example/ }`. */
export function patternText(wanted: Pattern): string {
  if ('equals' in wanted) {
    const { equals } = wanted
    const text = stringifyExact(equals) ?? 'undefined'
    return typeof equals === 'object' && equals !== null ? `exactly(${text})` : text
  }
  if ('finds' in wanted) return `/${wanted.finds}/${wanted.flags}`
  if ('schema' in wanted) return `matching(${stringifyExact(wanted.schema)})`
  if ('items' in wanted) return `[${wanted.items.map(patternText).join(', ')}]`
  if ('satisfies' in wanted) return wanted.satisfies.name || 'a function'
  const entries = Object.entries(wanted.properties)
  return entries.length === 0 ? '{}' : `{ ${entries.map(propertyText).join(', ')} }`
}

function propertyText([key, of]: readonly [string, Pattern]): string {
  const name = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? key : JSON.stringify(key)
  return `${name}: ${patternText(of)}`
}
