import { UsageError } from '@weir/config'
import { requireExact } from '@weir/store/text'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { z } from 'zod'

/** A zod schema, or JSON schema data. */
export type OutputSchema = z.ZodType | Readonly<Record<string, unknown>>

/** Not a schema that can be written down as data. */
export class SchemaError extends UsageError {
  override readonly code: string = 'JSON_SCHEMA'
}

/** JSON schema data of a zod schema; data stays as it is. */
export function toJsonSchema(schema: OutputSchema): Record<string, unknown> {
  try {
    const data = isZod(schema)
      ? (z.toJSONSchema(schema, { io: 'output' }) as Record<string, unknown>)
      : { ...schema }
    requireExact(data)
    validator(data)
    return data
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new SchemaError(
      `Expected a zod schema without transforms, or a JSON schema; got one that cannot be used: ${problem}`,
      { cause },
    )
  }
}

function isZod(schema: OutputSchema): schema is z.ZodType {
  return '_zod' in schema
}

const compiled = new WeakMap<object, ValidateFunction>()

/** What is wrong with a value, '' if it is valid. */
export function schemaErrors(schema: Readonly<Record<string, unknown>>, value: unknown): string {
  const validate = validator(schema)
  if (validate(value)) return ''
  const errors = validate.errors ?? []
  return errors.map((error) => `output${error.instancePath} ${error.message}`).join('; ')
}

/** The draft is 2020-12 whatever `$schema` says; `format` is an annotation, as its specification has it. */
function validator(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const { $schema: _, $id: __, ...rest } = schema
  const validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(rest)
  compiled.set(schema, validate)
  return validate
}
