import type { Schema } from '../flow/schema.ts'

/** https://standardschema.dev/json-schema, which zod 4.2 and others have. */
interface WithJsonSchema {
  readonly jsonSchema?: { input(options: { readonly target: string }): Record<string, unknown> }
}

/** What may be sent for the schema, as JSON Schema 2020-12; undefined where the schema's library cannot say it. */
export function toJsonSchema(schema: Schema | undefined): Record<string, unknown> | undefined {
  if (schema === undefined) return undefined
  try {
    return (schema['~standard'] as WithJsonSchema).jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    return undefined
  }
}
