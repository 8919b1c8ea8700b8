import type { Field } from './field.ts'

/**
 * What stands in a form: texts as they were typed, choices as the index of their option, members by their names, items in
 * their order. '' is nothing.
 */
export type Draft = string | readonly Draft[] | { readonly [member: string]: Draft }

/** Why a draft is no value of its schema, and where. */
export interface Problem {
  /** Of the field, such as `items.0.price`; '' for the whole. */
  readonly path: string
  readonly message: string
}

/** A form that is filled with a value, or with the defaults of its schema. */
export function toDraft(field: Field, value: unknown = field.initial): Draft {
  switch (field.kind) {
    case 'text':
    case 'number':
      return value === undefined || value === null ? '' : String(value)
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : ''
    case 'choice': {
      const text = JSON.stringify(value)
      const index = field.options.findIndex((option) => JSON.stringify(option) === text)
      return index < 0 ? '' : String(index)
    }
    case 'object': {
      const given = (value ?? {}) as Readonly<Record<string, unknown>>
      return Object.fromEntries(field.members.map(({ name, field: of }) => [name, toDraft(of, given[name])]))
    }
    case 'list':
      return Array.isArray(value) ? value.map((item) => toDraft(field.item, item)) : []
    case 'json':
      return value === undefined ? '' : JSON.stringify(value, null, 2)
  }
}

/**
 * The value that a form stands for; undefined where nothing was entered and nothing is required. What its server can judge
 * better (lengths, patterns, ranges) is left to the server.
 */
export function readDraft(
  field: Field,
  draft: Draft,
  isRequired = true,
): { value: unknown; problems: Problem[] } {
  const problems: Problem[] = []
  return { value: read(field, draft, isRequired, '', problems), problems }
}

function read(field: Field, draft: Draft, isRequired: boolean, path: string, problems: Problem[]): unknown {
  const fail = (message: string) => {
    problems.push({ path, message })
    return undefined
  }
  switch (field.kind) {
    case 'text':
      return draft === '' && !isRequired ? undefined : draft
    case 'number': {
      const text = (draft as string).trim()
      if (text === '') return isRequired ? fail('expected a number') : undefined
      const number = Number(text)
      if (!Number.isFinite(number)) return fail(`expected a number, got ${JSON.stringify(text)}`)
      if (field.isWhole && !Number.isInteger(number)) return fail(`expected a whole number, got ${text}`)
      if (field.isWhole && !Number.isSafeInteger(number))
        return fail(`expected at most ${Number.MAX_SAFE_INTEGER}, got ${text}: it would be rounded`)
      return number
    }
    case 'boolean':
      return draft === '' ? (isRequired ? false : undefined) : draft === 'true'
    case 'choice':
      if (draft === '') return isRequired ? fail('expected a choice') : undefined
      return field.options[Number(draft)]
    case 'object': {
      if (!isRequired && (isBlank(draft) || isUntouched(field, draft))) return undefined
      const members = field.members.map(({ name, isRequired: needed, field: of }) => [
        name,
        read(of, (draft as Readonly<Record<string, Draft>>)[name] ?? '', needed, join(path, name), problems),
      ])
      return Object.fromEntries(members.filter(([, value]) => value !== undefined))
    }
    case 'list': {
      const items = draft as readonly Draft[]
      if (items.length === 0 && !isRequired) return undefined
      return items.map((item, index) => read(field.item, item, true, join(path, String(index)), problems))
    }
    case 'json': {
      const text = (draft as string).trim()
      if (text === '') return undefined
      try {
        return JSON.parse(text)
      } catch (error) {
        return fail(`expected JSON: ${(error as Error).message}`)
      }
    }
  }
}

function isBlank(draft: Draft): boolean {
  return typeof draft === 'string' ? draft === '' : Object.values(draft).every(isBlank)
}

/** As the schema's defaults fill it, which its server knows. */
function isUntouched(field: Field, draft: Draft): boolean {
  return JSON.stringify(draft) === JSON.stringify(toDraft(field))
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
