import { createRequire } from 'node:module'
import { UsageError } from '@weir/config'
import { requireExact } from '@weir/store/text'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { z } from 'zod'
import { messageOf } from '../errors.ts'

/** A zod schema, or JSON schema data. */
export type OutputSchema = z.ZodType | Readonly<Record<string, unknown>>

/** Not a schema that can be written as data. */
export class SchemaError extends UsageError {
  override readonly code: string = 'JSON_SCHEMA'
}

/** JSON schema data of a zod schema; data stays as it is. */
export function toJsonSchema(schema: OutputSchema): Record<string, unknown> {
  try {
    const data = isZod(schema)
      ? (z.toJSONSchema(schema, { io: 'output', override: refuseRefinement }) as Record<string, unknown>)
      : { ...schema }
    requireExact(data)
    validator(data)
    return data
  } catch (cause) {
    throw new SchemaError(
      `Expected a zod schema without transforms and refinements, or a JSON schema; got one that cannot be used: ${messageOf(cause)}`,
      { cause },
    )
  }
}

/** zod leaves refinements out, so that a value that they refuse would be valid. */
function refuseRefinement({ zodSchema }: { readonly zodSchema: z.core.$ZodType }): void {
  const { checks = [] } = zodSchema._zod.def
  if (checks.some((check) => check._zod.def.check === 'custom'))
    throw new TypeError('a refinement is code, which no JSON schema can say')
}

function isZod(schema: OutputSchema): schema is z.ZodType {
  return '_zod' in schema
}

const compiled = new WeakMap<object, ValidateFunction>()

/** What is wrong with a value, which is called `name`; undefined if it is valid. */
export function schemaErrors(
  schema: Readonly<Record<string, unknown>>,
  value: unknown,
  name = 'value',
): string | undefined {
  const validate = validator(schema)
  if (validate(value)) return undefined
  const errors = validate.errors ?? []
  return errors.map((error) => `${name}${error.instancePath} ${error.message}`).join('; ')
}

/** The draft is 2020-12 whatever `$schema` says; `format` is an annotation, as its specification has it. */
function validator(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const { $schema: _, $id: __, ...rest } = schema
  const { Ajv2020 } = loadAjv()
  const validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(rest)
  compiled.set(schema, validate)
  return validate
}

/** Its 83 modules are loaded once a schema is used: most evaluations have none. */
function loadAjv(): typeof import('ajv/dist/2020.js') {
  return createRequire(import.meta.url)('ajv/dist/2020.js')
}
