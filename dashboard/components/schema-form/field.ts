/** How a value of a JSON Schema is entered. */
export type Field = {
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** `default` of the schema. */
  readonly initial?: unknown
} & (
  | { readonly kind: 'text'; readonly isLong: boolean }
  | { readonly kind: 'number'; readonly isWhole: boolean }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly options: readonly unknown[] }
  | { readonly kind: 'object'; readonly members: readonly Member[] }
  | { readonly kind: 'list'; readonly item: Field }
  | { readonly kind: 'json' }
)

interface Member {
  readonly name: string
  readonly isRequired: boolean
  readonly field: Field
}

type Schema = Readonly<Record<string, unknown>>

/** Deeper values are entered as JSON; so are recursive ones, sooner or later. */
const MAX_DEPTH = 5
const MAX_MEMBERS = 60
/** Fields of a form: one of fewer levels where there would be more. */
const MAX_FIELDS = 400
const MAX_OPTIONS = 1_000
/** Characters beyond which a text gets more than a line. */
const SHORT = 120

/** Any value of the schema can be entered: as JSON text where there is nothing better. */
export function toField(schema: unknown): Field {
  for (let maxDepth = MAX_DEPTH; maxDepth > 0; maxDepth--) {
    const form = { root: schema, maxDepth, fields: 0 }
    const field = fieldOf(schema, form, 0)
    if (form.fields <= MAX_FIELDS) return field
  }
  return { kind: 'json' }
}

interface Form {
  /** What `$ref` refers to. */
  readonly root: unknown
  readonly maxDepth: number
  /** How many there are so far. */
  fields: number
}

function fieldOf(given: unknown, form: Form, depth: number): Field {
  const schema = resolve(given, form.root)
  if (schema === undefined || ++form.fields > MAX_FIELDS) return { kind: 'json' }
  const { title, description, default: initial } = schema
  const words = {
    title: typeof title === 'string' && title !== '' ? title : undefined,
    description: typeof description === 'string' ? description : undefined,
    initial,
  }
  const options = optionsOf(schema)
  if (options !== undefined) {
    return options.length > MAX_OPTIONS ? { ...words, kind: 'json' } : { ...words, kind: 'choice', options }
  }
  const alternatives = (schema.anyOf ?? schema.oneOf ?? schema.allOf) as unknown
  if (Array.isArray(alternatives)) {
    const rest = alternatives.filter((one) => (one as Schema | null)?.type !== 'null')
    return rest.length === 1 && schema.type === undefined
      ? { ...fieldOf(rest[0], form, depth), ...defined(words) }
      : { ...words, kind: 'json' }
  }
  const types = [schema.type].flat().filter((type) => type !== 'null')
  switch (types.length === 1 ? types[0] : undefined) {
    case 'string':
      return { ...words, kind: 'text', isLong: isLong(schema) }
    case 'number':
    case 'integer':
      return { ...words, kind: 'number', isWhole: types[0] === 'integer' }
    case 'boolean':
      return { ...words, kind: 'boolean' }
    case 'object':
      return { ...words, ...objectOf(schema, form, depth) }
    case 'array':
      return depth < form.maxDepth && typeof schema.items === 'object' && schema.prefixItems === undefined
        ? { ...words, kind: 'list', item: fieldOf(schema.items, form, depth + 1) }
        : { ...words, kind: 'json' }
    default:
      return { ...words, kind: 'json' }
  }
}

/** Members that the schema names; where it takes others too, only JSON can tell them. */
function objectOf(schema: Schema, form: Form, depth: number): Field {
  const { properties, required, additionalProperties = false } = schema
  const members = Object.entries((properties ?? {}) as Schema)
  if (depth >= form.maxDepth || members.length === 0 || members.length > MAX_MEMBERS) return { kind: 'json' }
  const others = typeof additionalProperties === 'object' ? (additionalProperties ?? {}) : {}
  if (Object.keys(others).length > 0) return { kind: 'json' }
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name)
  return {
    kind: 'object',
    members: members.map(([name, member]) => ({
      name,
      isRequired: isRequired(name),
      field: fieldOf(member, form, depth + 1),
    })),
  }
}

/** The values of `enum` and `const`, and of alternatives that are nothing but those. */
function optionsOf(given: unknown): unknown[] | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const schema = given as Schema
  if (Array.isArray(schema.enum)) return schema.enum
  if ('const' in schema) return [schema.const]
  const alternatives = schema.anyOf ?? schema.oneOf
  if (!Array.isArray(alternatives) || alternatives.length < 2) return undefined
  const options = alternatives.map(optionsOf)
  return options.every((each) => each !== undefined) ? options.flat() : undefined
}

function isLong({ format, pattern, maxLength }: Schema): boolean {
  return format === undefined && pattern === undefined && !(Number(maxLength) <= SHORT)
}

/** Follows `$ref` within the document: `#/$defs/item`. */
function resolve(schema: unknown, root: unknown): Schema | undefined {
  let current = schema
  for (let hops = 0; hops < 10; hops++) {
    if (typeof current !== 'object' || current === null) return undefined
    const { $ref, ...rest } = current as Schema
    if ($ref === undefined) return current as Schema
    if (typeof $ref !== 'string' || !$ref.startsWith('#')) return undefined
    const target = $ref
      .slice(1)
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((value, part) => (value as Schema | undefined)?.[part], root)
    if (typeof target !== 'object' || target === null) return undefined
    current = { ...target, ...rest }
  }
  return undefined
}

function defined<T extends object>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>
}
