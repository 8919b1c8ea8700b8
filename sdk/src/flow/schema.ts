/**
 * The part of Standard Schema 1.0 (https://standardschema.dev) that validation needs. Every zod 4 schema is one;
 * reading the interface instead of importing zod lets an application bring its own version.
 */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export interface SchemaIssue {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** What goes into a schema (`z.input`). */
export type InputOf<S extends Schema> = NonNullable<S['~standard']['types']>['input']
/** What comes out of a schema (`z.output`). */
export type OutputOf<S extends Schema> = NonNullable<S['~standard']['types']>['output']

export function isSchema(value: unknown): value is Schema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard = (value as Partial<Schema>)['~standard']
  return typeof standard?.validate === 'function'
}
